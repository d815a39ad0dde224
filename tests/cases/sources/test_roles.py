"""Columns under the names that people give them."""

from __future__ import annotations

import pytest

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.errors import SourceError
from tests.support.tables import by_id, write


@pytest.mark.parametrize(
    "header",
    [
        "Image File,Patient ID,Diagnosis,Body Site",
        "IMAGE_FILE,PATIENT-ID,DIAGNOSIS,Anatom_Site_General",
        "imageFile,PatientID,Dx,Localization",
        "\u00a0Image\u00a0File ,patient.id,diagnosis, location",
        "Bild,Patienten-ID,Diagnose,Lokalisation",
        "Dateiname,Pat.-Nr.,DIAGNOSE,Körperstelle",
        "Bilddatei,Patientennummer,Diagnose,Koerperregion",
        "Fichier,N° patient,Diagnostic,Localisation",
        "Nom du fichier,Numéro patient,diagnostic,Zone anatomique",
    ],
)
def test_usual_headers_need_no_option(folder, header):
    data = load_source(write(folder, f"{header}\n1.jpg,7,nevus,arm\n"))
    case = by_id(data)["1.jpg"]
    assert (case.group_id, case.labels) == ("7", {"location": ("arm",), "diagnosis": ("nevus",)})


def test_an_encounter_and_a_lesion_are_groups_where_no_patient_is_known(folder):
    text = "Bild,Pat-ID,Fallnummer,Läsion-ID\n1.jpg,7,1,2\n2.jpg,,7,2\n3.jpg,,,7\n"
    groups = [case.group_id for case in by_id(load_source(write(folder, text))).values()]
    assert groups == ["7", "encounter_id:7", "lesion_id:7"]


def test_a_named_column_is_found_by_its_very_name_first(folder):
    path = write(folder, "image,skin type,Skin_Type\n1.jpg,a,b\n")
    for name, label in (("skin type", "a"), ("Skin_Type", "b")):
        data = load_source(path, options=SourceOptions(tasks=(name,)))
        assert data.tasks[0].labels == (label,)
    with pytest.raises(SourceError, match="'SKINTYPE' may be column 'skin type' and 'Skin_Type'"):
        load_source(path, options=SourceOptions(tasks=("SKINTYPE",)))


def test_a_role_and_a_task_may_be_named_in_another_spelling(folder):
    path = write(folder, "Mein Foto,Haut-Typ,Diagnose\n1.jpg,a,b\n")
    options = SourceOptions(columns={"image": "mein_foto"}, tasks=("haut_typ", "diagnosis"))
    case = by_id(load_source(path, options=options))["1.jpg"]
    assert case.labels == {"haut_typ": ("a",), "diagnosis": ("b",)}


def test_a_task_name_is_the_column_s_in_latin_letters(folder):
    options = SourceOptions(tasks=("Größe der Läsion",))
    data = load_source(write(folder, "Bild;Größe der Läsion\n1.jpg;x\n"), options=options)
    assert [task.name for task in data.tasks] == ["Grosse_der_Lasion"]


def test_two_columns_that_may_be_the_patient_are_both_named(folder):
    with pytest.raises(SourceError, match="may be column 'Patient ID' and 'patient-id'"):
        load_source(write(folder, "image,Patient ID,patient-id\n1.jpg,1,2\n"))


def test_a_column_that_is_not_there_comes_with_the_nearest(folder):
    with pytest.raises(SourceError, match="no column 'diagnosys'; the nearest is 'Diagnosis'; the columns are image"):
        load_source(write(folder, "image,Diagnosis\n1.jpg,x\n"), options=SourceOptions(tasks=("diagnosys",)))


def test_the_beginning_of_a_name_is_nearer_than_letters_in_common(folder):
    with pytest.raises(SourceError, match="no column 'diag'; the nearest is 'Diagnosis'"):
        load_source(write(folder, "image,Diagnosis\n1.jpg,x\n"), options=SourceOptions(tasks=("diag",)))


def test_columns_without_end_are_told_in_part(tmp_path):
    with pytest.raises(SourceError, match=r"the columns are a+…") as caught:
        load_source(write(tmp_path, "a" * 50_000 + ",b\nx,y\n"))
    assert len(str(caught.value)) < 3000
