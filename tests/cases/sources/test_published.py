"""Published tables, by the columns that their papers and archives give, in the folders as they are downloaded."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from dermtools.cases.sources import SourceOptions, guess_kind, load_source
from dermtools.errors import SourceError
from tests.support.tables import by_id


def made(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    return root


ISIC = """isic_id,attribution,copyright_license,age_approx,anatom_site_general,diagnosis_1,lesion_id,patient_id,sex
ISIC_0000001,Anonymous,CC-0,45,head/neck,Benign,IL_1,IP_1,male
ISIC_0000002,Anonymous,CC-0,,posterior torso,Malignant,IL_2,,female
"""
HAM10000 = """lesion_id,image_id,dx,dx_type,age,sex,localization
HAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp
HAM_0000118,ISIC_0025030,bkl,histo,80.0,male,scalp
"""
PAD_UFES_20 = """patient_id,lesion_id,smoke,age,region,diagnostic,itch,img_id,biopsed
PAT_1516,1765,,8,ARM,NEV,FALSE,PAT_1516_1765_530.png,FALSE
PAT_46,881,FALSE,55,NECK,BCC,TRUE,PAT_46_881_939.png,TRUE
"""
FITZPATRICK_17K = (
    "md5hash,fitzpatrick_scale,fitzpatrick_centaur,label,nine_partition_label,three_partition_label,qc,url,url_alphanum"
    """
5e82a45bc5d78bd24ae9202d194423f8,3,3,psoriasis,inflammatory,non-neoplastic,,https://a.example/1.jpg,httpsaexample1jpg.jpg
9f8207a0d87de2ea85ae8d439e50641d,-1,1,melanoma,malignant melanoma,malignant,1 Diagnostic,https://a.example/2.jpg,2.jpg
"""
)
ISIC_2020 = """image_name,patient_id,lesion_id,sex,age_approx,anatom_site_general_challenge,diagnosis,benign_malignant
ISIC_2637011,IP_7279968,IL_7972535,male,45,head/neck,nevus,benign
"""


@pytest.mark.parametrize(
    ("files", "groups", "labels"),
    [
        (
            {"metadata.csv": ISIC, "ISIC_0000001.jpg": "", "ISIC_0000002.JPG": "", "attribution.txt": "a,b"},
            ["IP_1", "lesion_id:IL_2"],
            [("head/neck", "Benign"), ("posterior torso", "Malignant")],
        ),
        (
            {
                "HAM10000_metadata.csv": HAM10000,
                "hmnist_8_8_L.csv": "pixel0000,label\n1,2\n",
                "HAM10000_images_part_1/ISIC_0027419.jpg": "",
                "HAM10000_images_part_2/ISIC_0025030.jpg": "",
            },
            ["HAM_0000118", "HAM_0000118"],
            [("scalp", "bkl"), ("scalp", "bkl")],
        ),
        (
            {
                "metadata.csv": PAD_UFES_20,
                "imgs_part_1/PAT_1516_1765_530.png": "",
                "imgs_part_2/PAT_46_881_939.png": "",
            },
            ["PAT_1516", "PAT_46"],
            [("ARM", "NEV"), ("NECK", "BCC")],
        ),
        ({"train.csv": ISIC_2020, "train/ISIC_2637011.jpg": ""}, ["IP_7279968"], [("head/neck", "nevus")]),
        (
            {"HAM10000_metadata": HAM10000, "part_1/ISIC_0027419.jpg": "", "part_2/ISIC_0025030.jpg": ""},
            ["HAM_0000118", "HAM_0000118"],
            [("scalp", "bkl"), ("scalp", "bkl")],
        ),
    ],
    ids=["isic", "ham10000", "pad-ufes-20", "isic-2020", "ham10000-without-suffix"],
)
def test_a_published_folder_needs_no_option(tmp_path, files, groups, labels):
    root = made(tmp_path, files)
    assert guess_kind(root) == "table"
    data = load_source(root)
    assert [item.case.group_id for item in data.cases] == groups
    found = [item.case.labels for item in data.cases]
    assert found == [{"location": (site,), "diagnosis": (diagnosis,)} for site, diagnosis in labels]
    assert data.problems == ()
    assert "licence" in data.notes[0]


def test_fitzpatrick17k_has_its_pictures_by_hash_its_diagnosis_and_both_skin_types(tmp_path):
    files = {f"images/{row.split(',')[0]}.jpg": row for row in FITZPATRICK_17K.splitlines()[1:]}
    data = load_source(made(tmp_path, {"fitzpatrick17k.csv": FITZPATRICK_17K} | files))
    assert data.problems == ()
    assert [task.name for task in data.tasks] == ["diagnosis"]
    first, second = (item.case for item in data.cases)
    assert first.case_id == "5e82a45bc5d78bd24ae9202d194423f8"
    assert first.group_id == f"case:{first.case_id}"
    assert (first.attributes["fitzpatrick_scale"], first.attributes["fitzpatrick_centaur"]) == (3, 3)
    assert "fitzpatrick_scale" not in second.attributes
    assert second.attributes["fitzpatrick_centaur"] == 1
    assert "near-copies" in data.notes[0]


def test_what_was_recognised_and_why_is_told_with_the_way_out(tmp_path):
    data = load_source(made(tmp_path, {"metadata.csv": PAD_UFES_20}), options=SourceOptions(without_pictures=True))
    why = "recognised as PAD-UFES-20 by the columns img_id, patient_id, lesion_id, diagnostic, region"
    assert data.told[0] == f"{why}; if it is not: --from table"
    assert (data.licence, data.url) == ("CC BY 4.0", "https://doi.org/10.17632/zr7vgbcyr2.1")
    assert "Pacheco" in str(data.citation)


@pytest.mark.parametrize("place", ["metadata.csv", ""])
def test_a_wrong_guess_is_escaped_by_naming_the_kind(tmp_path, place):
    path = made(tmp_path, {"metadata.csv": PAD_UFES_20}) / place
    data = load_source(path, "table", SourceOptions(without_pictures=True))
    assert data.licence is None
    assert [task.name for task in data.tasks] == ["diagnosis"]
    assert not any("recognised" in word for word in data.told)
    named = load_source(path, "pad-ufes-20", SourceOptions(without_pictures=True))
    assert [task.name for task in named.tasks] == ["location", "diagnosis"]
    with pytest.raises(SourceError, match=r"not HAM10000: it has no column image_id, dx; .* --from table"):
        load_source(path, "ham10000")


def test_the_real_table_of_pad_ufes_20_has_the_counts_of_its_paper(shared, tmp_path):
    text = (shared / "data/pad-ufes-20/metadata_full.csv").read_text(encoding="utf-8")
    data = load_source(made(tmp_path, {"metadata.csv": text}), options=SourceOptions(without_pictures=True))
    assert (len(data.cases), len({item.case.group_id for item in data.cases})) == (2298, 1373)  # Pacheco et al. 2020
    diagnoses = Counter(item.case.labels["diagnosis"][0] for item in data.cases)
    assert diagnoses == {"BCC": 845, "ACK": 730, "NEV": 244, "SEK": 235, "SCC": 192, "MEL": 52}  # table 2 there
    types = Counter(item.case.attributes.get("fitzpatrick") for item in data.cases)
    stated = Counter(row["fitspatrick"] for row in csv.DictReader(text.splitlines()))
    assert {str(float(kind)): count for kind, count in types.items() if kind} == {k: n for k, n in stated.items() if k}


def test_region_is_a_body_site_in_pad_ufes_20_only(tmp_path):
    made(tmp_path, {"a.csv": "image,patient_id,region,diagnosis\n1.jpg,1,Bavaria,x\n", "1.jpg": ""})
    assert by_id(load_source(tmp_path / "a.csv"))["1.jpg"].labels == {"diagnosis": ("x",)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.csv", "file_name,label\na/1.png,x\n"),
        ("metadata.csv", "\ufefffile_name;label\na/1.png;x\n"),
        ("metadata.jsonl", '{"file_name": "a/1.png", "label": "x"}\n'),
    ],
)
def test_an_image_folder_is_known_by_its_metadata(tmp_path, name, content):
    data = load_source(made(tmp_path, {name: content, "a/1.png": ""}))
    assert by_id(data)["a/1.png"].labels == {"label": ("x",)}


def test_an_image_folder_in_parts_has_the_parts_as_splits(tmp_path):
    files = {
        "train/metadata.csv": "file_name,label\n1.png,x\n",
        "train/1.png": "a",
        "validation/metadata.jsonl": '{"file_name": "1.png", "label": "y"}\n{"file_name": "2.png"}\n',
        "validation/1.png": "b",
    }
    data = load_source(made(tmp_path, files))
    assert {case_id: case.split for case_id, case in by_id(data).items()} == {
        "train/1.png": "train",
        "validation/1.png": "valid",
    }
    assert data.tasks[0].labels == ("x", "y")
    assert [problem.where for problem in data.problems] == ["validation/metadata.jsonl row 2"]


def test_two_tables_in_one_folder_are_both_named(tmp_path):
    made(tmp_path, {"metadata.csv": ISIC, "old.csv": ISIC, "ISIC_0000001.jpg": ""})
    with pytest.raises(SourceError, match=r"metadata\.csv and old\.csv may both be the table"):
        load_source(tmp_path)


def test_a_folder_without_a_known_table_is_one_of_class_folders(tmp_path):
    made(tmp_path, {"records.csv": "image,label\nx/1.jpg,a\n", "metadata.csv": "a,b\n1,2\n", "x/1.jpg": ""})
    assert guess_kind(tmp_path) == "folder"
    with pytest.raises(SourceError, match=r"no table of ISIC archive, .*HAM10000"):
        load_source(tmp_path, "table")
