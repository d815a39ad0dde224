"""Figures and verdicts -> tables, pictures, one page."""
