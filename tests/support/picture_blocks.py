"""A picture as clients put it into a message: one block for each form."""

from __future__ import annotations

from typing import Any


def forms(encoded: str) -> dict[str, dict[str, Any]]:
    """By the name of who sends it; `encoded` is a JPEG in base64."""
    url = f"data:image/jpeg;base64,{encoded}"
    return {
        "agent chat ui": {"type": "image", "mimeType": "image/jpeg", "data": encoded, "metadata": {"name": "x.jpg"}},
        "agent chat ui, earlier": {
            "type": "image",
            "source_type": "base64",
            "mime_type": "image/jpeg",
            "data": encoded,
        },
        "langchain": {"type": "image", "base64": encoded, "mime_type": "image/jpeg"},
        "langchain with a data url": {"type": "image", "url": url},
        "langchain.js file": {"type": "file", "mimeType": "image/jpeg", "data": encoded},
        "file": {"type": "file", "base64": encoded, "mime_type": "image/jpeg"},
        "openai": {"type": "image_url", "image_url": {"url": url}},
        "openai, short": {"type": "image_url", "image_url": url},
        "openai responses": {"type": "input_image", "image_url": url},
        "openai file": {"type": "file", "file": {"filename": "x.jpg", "file_data": url}},
        "anthropic": {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/jpeg", "data": encoded},
        },
        "google": {"type": "media", "mime_type": "image/jpeg", "data": encoded},
        "wrong mime type": {"type": "image", "mimeType": "image/png", "data": encoded},
    }
