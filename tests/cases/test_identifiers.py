"""What looks like an identifier, by what it is called and by what it holds, on made-up tables of four countries."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from faker import Faker

from dermtools.cases import load_source
from dermtools.cases.identifiers import identifying, identifying_attributes, names_in_ids

CALLED = {
    "names of people": (
        "patient_name",
        "Name",
        "Nachname",
        "Vorname",
        "prénom",
        "Nom de famille",
        "lastName",
        "Hausarzt",
    ),
    "dates of birth": ("DOB", "date of birth", "Geburtsdatum", "GebDatum", "date_naissance", "birth_year"),
    "phones": ("phone", "Telefonnummer", "Tel.", "téléphone", "Handy", "mobile number"),
    "e-mails": ("email", "E-Mail", "Mailadresse", "courriel"),
    "addresses": ("address", "Anschrift", "Straße", "PLZ", "code postal", "ZIP", "Wohnort", "ville"),
    "record numbers": ("MRN", "SSN", "PatientID", "Fallnummer", "Versichertennummer", "numéro de sécurité sociale"),
    "free text": ("notes", "Bemerkungen", "commentaires", "clinical_notes", "Anamnese"),
    "hashes": ("commit", "sha256", "md5_hash"),
    "files or web addresses": ("url", "image_url", "source_path", "Dateiname", "file_name", "chemin"),
    "places on a map": ("gps", "latitude", "Längengrad"),
    "dates": ("visit_date", "Aufnahmedatum", "timestamp"),
}
HARMLESS = """
age Alter âge sex Geschlecht sexe gender fitzpatrick Hauttyp skin_tone location Lokalisation anatom_site_general
diagnosis Diagnose smoke Raucher tabac drink itch bleed elevation diameter_1 region background_father cancer_history
ethnicity
has_piped_water benign_malignant image_type dx_type clin_size_long_diam_mm mel_thick_mm camera cell_type page stage
birth_weight lesion_name diagnosis_name width height split age_approx body_site severity texture confidence
contact_dermatitis
"""


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in CALLED.items() for name in names])
def test_a_column_is_known_by_what_it_is_called(kind: str, name: str) -> None:
    assert identifying(name, [1, 2]) == kind


@pytest.mark.parametrize("name", HARMLESS.split())
def test_what_the_field_records_is_not_taken_for_one(name: str) -> None:
    assert identifying(name, [1, 2]) is None


def test_answers_of_yes_and_no_identify_nobody() -> None:
    assert identifying("insurance", [True, False, None]) is None
    assert identifying("phone", ["yes", "No", "unknown"]) is None


HELD: dict[str, Callable[[Faker], object]] = {
    "names of people": lambda fake: fake.name(),
    "dates": lambda fake: fake.date_of_birth().strftime("%d.%m.%Y"),
    "e-mails": lambda fake: fake.email(),
    "addresses": lambda fake: fake.street_address(),
    "free text": lambda fake: fake.sentence(nb_words=9),
    "hashes": lambda fake: fake.sha1(),
    "places on a map": lambda fake: f"{fake.latitude()}, {fake.longitude()}",
    "record numbers": lambda fake: fake.bothify("MRN-######"),
    "files or web addresses": lambda fake: fake.file_path(),
}
COUNTRIES = ("en_US", "en_GB", "de_DE", "fr_FR")


def _column(country: str, held: Callable[[Faker], object], count: int = 60) -> list[object]:
    fake = Faker(country)
    fake.seed_instance(13)
    return [held(fake) for _ in range(count)]


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("kind", HELD)
def test_a_column_is_known_by_what_it_holds_whatever_it_is_called(kind: str, country: str) -> None:
    assert identifying("x", _column(country, HELD[kind])) == kind


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("held", ["phone_number", "ssn", "uuid4", "url", "file_name", "free_email"])
def test_phones_insurance_numbers_and_the_like_are_known_as_something(held: str, country: str) -> None:
    assert identifying("x", _column(country, lambda fake: getattr(fake, held)())) is not None


@pytest.mark.parametrize("country", COUNTRIES)
def test_family_names_first_are_names_too(country: str) -> None:
    held = _column(country, lambda fake: f"{fake.last_name()}, {fake.first_name()}")
    assert identifying("x", held) == "names of people"


def test_record_numbers_that_were_read_as_whole_numbers_are_known_and_measures_are_not() -> None:
    numbers = random.Random(13)
    assert identifying("x", [numbers.randrange(1_000_000, 9_999_999) for _ in range(60)]) == "record numbers"
    assert identifying("x", [numbers.randrange(10, 9_999_999) for _ in range(60)]) is None
    assert identifying("x", [numbers.random() * 1e6 for _ in range(60)]) is None


def test_one_letter_with_an_address_or_a_story_is_enough() -> None:
    assert identifying("x", ["none"] * 99 + ["ask hans@example.org"]) == "e-mails"
    assert (
        identifying("x", ["none"] * 99 + ["seen by his wife in May after they came home from the mountains"])
        == "free text"
    )


def test_labels_of_several_words_that_come_again_are_no_names_and_no_texts() -> None:
    assert identifying("x", ["Basal Cell Carcinoma", "Seborrheic Keratosis", "Common Blue Nevus"] * 9) is None
    assert identifying("x", ["Germany", "Pomerania", "Italy"] * 9) is None


NAMES = (
    "Mueller_Hans_1", "Mueller_Hans_1.jpg", "MuellerHans1", "hans-mueller-2", "HANS_MUELLER", "Müller_3", "Anna Weber",
    "Jean-Pierre Dupont 4", "Weber, Anna (2)", "patient_Anna_Schmidt_left", "case:Mueller_Hans_1", "Okafor_Chidi_7",
)  # fmt: skip
CODES = (
    "IMG_0001", "ISIC_0024306", "PAT_9_17_80", "drawn_p03_1", "550e8400-e29b-41d4-a716-446655440000", "2023-01-05",
    "2023-January-05", "DSC01234", "Basal_Cell_01", "left_arm_2", "case:ENC00123", "Clinical Photo 3", "melanoma_12",
    "XkPqRtLm", "nevus/0001", "Screenshot_2023-05-01", "WhatsApp Image 2023", "group12", "P-0012-B", "img (12)",
    "lesion_id:IL_7252831", "a1b2c3d4e5f6", "MRN-002341",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_persons_name_in_an_id_is_seen(name: str) -> None:
    assert names_in_ids([name, *CODES]) == [name]


def test_codes_dates_and_words_of_the_field_are_passed_over() -> None:
    assert names_in_ids(CODES) == []


def test_words_of_labels_and_words_of_many_ids_are_no_names() -> None:
    assert names_in_ids(["Pyogenic_Granuloma_1"], ["Pyogenic granuloma"]) == []
    assert names_in_ids([f"Praxis_Sonnenhof_{number}" for number in range(50)]) == []


def test_of_the_photographs_only_what_identifies_is_named(photographs: Path) -> None:
    data = load_source(photographs)
    names = dict.fromkeys(name for item in data.cases for name in item.case.attributes)
    columns = {name: [item.case.attributes.get(name) for item in data.cases] for name in names}
    assert identifying_attributes(columns) == {
        "lesion_id": "record numbers",
        "source_commit": "hashes",
        "source_path": "files or web addresses",
        "source_blob": "hashes",
    }
    assert names_in_ids(one for item in data.cases for one in (item.case.case_id, item.case.group_id)) == []
