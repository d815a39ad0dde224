"""What is wrong or doubtful in a case base."""
