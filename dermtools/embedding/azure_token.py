"""What proves to an Azure endpoint who is asking: a key from the environment, else an Entra token."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from dermtools.embedding.endpoint import EndpointError, is_loopback
from dermtools.errors import EmbeddingError, MissingExtraError, require_extra

KEY_VARIABLES = ("MI2_API_KEY", "AZUREML_API_KEY")
ENTRA_SCOPE = "https://ml.azure.com/.default"


def bearer_token(url: str) -> Callable[[], str] | None:
    """What gives the bearer token for a request to `url`; None for a server on this machine and no key.

    Raises:
        EmbeddingError: the key cannot be sent in a header.
        MissingExtraError: there is no key, and azure-identity is not installed.
    """
    for name in KEY_VARIABLES:
        if key := os.environ.get(name, "").strip():
            # An HTTP library would quote a key with a line break in it in its error.
            if not (key.isascii() and key.isprintable()) or " " in key:
                raise EmbeddingError(f"medimageinsight: the key in {name} holds spaces or other signs that no key has")
            return lambda: key
    return None if is_loopback(url) else _entra_token()


def _entra_token() -> Callable[[], str]:
    try:
        identity = require_extra("azure.identity", "azure")
    except MissingExtraError as error:
        raise MissingExtraError(
            f"medimageinsight: set {KEY_VARIABLES[0]}, or to sign in with Entra: {error}"
        ) from error
    refused = require_extra("azure.core.exceptions", "azure").AzureError
    # Its warnings say in many lines what the error then says in one.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    provider = identity.get_bearer_token_provider(identity.DefaultAzureCredential(), ENTRA_SCOPE)

    def token() -> str:
        try:
            return str(provider())
        except refused as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            advice = f"set {KEY_VARIABLES[0]} or sign in (az login)"
            raise EndpointError(f"medimageinsight: no key and no Entra token: {advice}; {reason}") from error

    return token
