"""Variables of the environment are those that the libraries themselves read."""

from __future__ import annotations

from dermtools.doctor.providers import PROVIDERS, key_variables
from dermtools.embedding.endpoint import KEY_VARIABLES
from dermtools.embedding.medimageinsight import URL_VARIABLE

BY_NAME = {one.name: one for one in PROVIDERS}


def test_variables_of_the_endpoint_are_those_that_it_reads() -> None:
    endpoint = BY_NAME["medimageinsight"]
    assert (endpoint.keys, endpoint.addresses, endpoint.path) == (KEY_VARIABLES, (URL_VARIABLE,), "")


def test_a_provider_is_set_up_by_a_key_or_an_address() -> None:
    openai, ollama = BY_NAME["openai"], BY_NAME["ollama"]
    assert openai.address({}) is None
    assert openai.address({"OPENAI_API_KEY": " "}) is None
    assert openai.address({"OPENAI_API_KEY": "k"}) == ("", "https://api.openai.com/v1")
    assert openai.address({"OPENAI_BASE_URL": "http://localhost/v1"}) == ("OPENAI_BASE_URL", "http://localhost/v1")
    assert ollama.address({"OLLAMA_HOST": "127.0.0.1:11434"}) == ("OLLAMA_HOST", "127.0.0.1:11434")
    assert openai.key({"OPENAI_API_KEY": " k\n"}) == ("OPENAI_API_KEY", "k")


def test_every_address_of_a_provider_is_encrypted_and_every_key_is_listed_once() -> None:
    assert all(one.own_address.startswith("https://") for one in PROVIDERS if one.own_address)
    assert len(key_variables()) == len(set(key_variables()))
