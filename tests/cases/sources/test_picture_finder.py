"""Pictures under the names that tables give them: never the wrong one, and the nearest where there is none."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.cases.sources.picture_finder import PictureFinder
from dermtools.errors import SourceError
from tests.support.tables import by_id, write


def made(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def find(root: Path, cell: str, *others: str) -> Path:
    return PictureFinder([root], lambda: [cell, *others]).find(cell)


@pytest.mark.parametrize(
    ("cell", "file"),
    [
        ("C:\\Praxis\\Bilder\\IMG_1.JPG", "Bilder/img_1.jpg"),
        ("C:\\Praxis\\Bilder\\IMG_1.JPG", "IMG_1.jpeg"),
        ("D:/Praxis/Bilder/IMG_1.jpg", "pictures/IMG_1.jpg"),
        ("\\\\server\\share\\IMG_1.jpg", "x/IMG_1.jpg"),
        (".\\IMG_1.jpg", "IMG_1.jpg"),
        ("..\\Bilder\\IMG_1.jpg", "Bilder/IMG_1.jpg"),
        ("bilder\\IMG_1.jpg", "Bilder/IMG_1.JPG"),
        ("IMG_1", "a/b/IMG_1.png"),
        ("IMG_1.tiff", "IMG_1.TIF"),
        ("  IMG_1.jpg ", "IMG_1.jpg"),
        ('"IMG_1.jpg"', "IMG_1.jpg"),
        ("«IMG_1.jpg»", "IMG_1.jpg"),
        ("IMG%201.jpg", "IMG 1.jpg"),
        ("Bilder\\IMG%201.JPG", "bilder/IMG 1.jpg"),
        ("file:///C:/Bilder/IMG%201.jpg", "Bilder/IMG 1.jpg"),
        ("file:///home/anna/Bilder/IMG_1.jpg", "Bilder/IMG_1.jpg"),
        ("/home/anna/pictures/IMG_1.jpg", "pictures/IMG_1.jpg"),
        (unicodedata.normalize("NFC", "Müller.jpg"), unicodedata.normalize("NFD", "Müller.jpg")),
        (unicodedata.normalize("NFD", "MÜLLER.JPG"), unicodedata.normalize("NFC", "müller.jpg")),
        ("~/pictures/IMG_1.jpg", "pictures/IMG_1.jpg"),
        ("%USERPROFILE%\\Bilder\\IMG_1.jpg", "pictures/IMG_1.jpg"),
        ("ISIC_0027419", "HAM10000_images_part_1/ISIC_0027419.jpg"),
    ],
)
def test_a_path_of_another_machine_is_found_where_one_file_fits(tmp_path, cell, file):
    assert find(made(tmp_path, file, "other/IMG_2.jpg"), cell).read_bytes() == file.encode()


def test_the_very_path_comes_before_all_that_are_alike(tmp_path):
    made(tmp_path, "a.jpg", "A.JPG", "sub/a.jpg", "a.jpeg", "a%20b.jpg", "a b.jpg")
    assert find(tmp_path, "a.jpg").read_bytes() == b"a.jpg"
    assert find(tmp_path, "a%20b.jpg").read_bytes() == b"a%20b.jpg"


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("x.jpg", ("a/x.jpg", "b/x.jpg")),
        ("C:\\x.jpg", ("a/x.jpg", "b/x.jpg")),
        ("x", ("x.jpg", "x.png")),
        ("IMG.jpg", ("img.JPG", "Img.jpg")),
    ],
)
def test_two_files_that_fit_are_both_named_and_none_is_taken(tmp_path, cell, files):
    made(tmp_path, *files)
    with pytest.raises(ValueError, match="fits two files") as caught:
        find(tmp_path, cell)
    assert all(str(tmp_path / file) in str(caught.value) for file in files)


def test_folders_decide_between_files_of_one_name(tmp_path):
    made(tmp_path, "2023/IMG_1.jpg", "2024/IMG_1.jpg")
    assert find(tmp_path, "C:\\Fotos\\2024\\img_1.JPG").read_bytes() == b"2024/IMG_1.jpg"


@pytest.mark.parametrize(
    ("cell", "others"),
    [
        ("P2/IMG_1.jpg", ()),
        ("P2\\IMG_1.jpg", ()),
        ("C:\\Fotos\\P2\\IMG_1.jpg", ("C:\\Fotos\\P1\\IMG_1.jpg",)),
        ("/fotos/P2/IMG_1.jpg", ("/fotos/P1/IMG_1.jpg",)),
        ("IMG_1.png", ()),
    ],
)
def test_the_picture_of_another_patient_or_format_is_never_taken(tmp_path, cell, others):
    made(tmp_path, "P1/IMG_1.jpg")
    with pytest.raises(ValueError, match=r"no such file: .*the nearest is P1/IMG_1\.jpg"):
        find(tmp_path, cell, *others)


def test_a_web_address_is_not_read(tmp_path):
    with pytest.raises(ValueError, match="is on the web, where nothing is read"):
        find(made(tmp_path, "a.jpg"), "https://example.org/a.jpg")


@pytest.mark.parametrize("name", ["IMG_0102.jpg", "MG_0101.jpg", "IMG_010.jpg", "img-0101.png"])
def test_a_name_that_is_not_there_comes_with_the_nearest(tmp_path, name):
    made(tmp_path, "IMG_0101.jpg", *(f"other{number}.jpg" for number in range(100)))
    with pytest.raises(ValueError, match=r"the nearest is IMG_0101\.jpg"):
        find(tmp_path, name)


def test_pictures_are_found_in_the_folders_that_are_named(tmp_path):
    made(tmp_path, "table/1.jpg", "photos/P1/1.jpg", "photos/P2/1.jpg", "more/2.jpg")
    path = write(tmp_path / "table", "id,image\na,P1\\1.jpg\nb,photos/P2/1.jpg\nc,2.jpg\n")
    options = SourceOptions(images=(tmp_path / "photos", tmp_path / "more"))
    found = [item.image.relative_to(tmp_path).as_posix() for item in load_source(path, options=options).cases]
    assert found == ["photos/P1/1.jpg", "photos/P2/1.jpg", "more/2.jpg"]
    with pytest.raises(SourceError, match="no such folder; give the one that holds the pictures"):
        load_source(path, options=SourceOptions(images=tmp_path / "nowhere"))


def test_a_path_that_exists_in_two_folders_is_refused(tmp_path):
    made(tmp_path, "table/1.jpg", "photos/1.jpg")
    path = write(tmp_path / "table", "image\n1.jpg\n")
    with pytest.raises(SourceError, match="fits two files"):
        load_source(path, options=SourceOptions(images=tmp_path / "photos"))


def test_a_path_of_another_machine_gives_an_id_below_the_table(folder):
    data = load_source(write(folder, "Bild\nC:\\Users\\Anna Muster\\1.JPG\n"))
    assert list(by_id(data)) == ["1.jpg"]


NAMES = st.text("abAB12äÄéß_-", min_size=1, max_size=5)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(st.tuples(st.sampled_from(["P1", "P2", "p3"]), NAMES), min_size=1, max_size=5, unique=True),
    prefix=st.sampled_from(["C:\\Users\\x\\", "\\\\srv\\s\\", "/home/x/", ".\\", "./", ""]),
    form=st.sampled_from(["NFC", "NFD"]),
    change=st.sampled_from([str.upper, str.lower, str]),
)
def test_what_is_found_is_the_file_of_that_name_in_that_folder(tmp_path_factory, files, prefix, form, change):
    root = made(tmp_path_factory.mktemp("t"), *(f"{folder}/{name}.jpg" for folder, name in files))
    cells = [prefix + unicodedata.normalize(form, change(f"{folder}\\{name}.jpg")) for folder, name in files]
    finder = PictureFinder([root], lambda: cells)

    def folded(path: str) -> str:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())

    for cell, (folder, name) in zip(cells, files, strict=True):
        alike = [file for file in files if folded("/".join(file)) == folded(f"{folder}/{name}")]
        try:
            answer = folded(finder.find(cell).relative_to(root).as_posix())
        except ValueError as error:
            answer = "two" if "fits two files" in str(error) and len(alike) > 1 else str(error)
        assert answer in (folded(f"{folder}/{name}.jpg"), "two")
