"""Words that tell identifiers: what their columns are called in English, German and French, and given names.

All as `name_key` writes them: lower case, without accents.
"""

from __future__ import annotations

NAMED: dict[str, tuple[frozenset[str], tuple[str, ...], frozenset[str]]] = {
    kind: (frozenset(whole.split()), tuple(inside.split()), frozenset(unless.split()))
    for kind, whole, inside, unless in (
        (
            "files or web addresses",
            "url uri link href path file files filename imagename website homepage pfad datei fichier chemin lien",
            "filename filepath dateiname dateipfad nomdefichier",
            "",
        ),
        (
            "dates of birth",
            "birth birthday birthdate dob geb geboren geburt gebdat naissance ddn",
            "birthdate birthday birthyear dateofbirth yearofbirth geburtsdatum geburtstag geburtsjahr geburtsort "
            "datedenaissance datenaissance",
            "weight mark marks order birthmark",
        ),
        ("e-mails", "email mail courriel", "mailad courriel", ""),
        (
            "phones",
            "phone tel telephone mobile mobil handy natel portable gsm fax emergencycontact",
            "phonen telephon telefon handynummer",
            "",
        ),
        (
            "addresses",
            "address addr adresse anschrift street strasse zip zipcode postcode postal plz city town stadt "
            "wohnort ville rue commune county ip",
            "address anschrift strasse wohnort postleitzahl codepostal hausnummer",
            "",
        ),
        (
            "record numbers",
            "id ids pid mrn ssn nhs ahv nir ipp nip insee kvnr patid patnr fallnr fallnummer dossier insurance "
            "passport passeport ausweis account accession aktenzeichen licence license",
            "patientid patientnumber recordno recordnumber recordnr hospitalno hospitalnumber passnummer "
            "chartnumber caseid socialsecurity securitesociale numerodossier patientennummer patientennr "
            "fallnummer aktennummer versicher krankenkasse medicalrecord accessionn",
            "type status class",
        ),
        (
            "names of people",
            "name names surname forename firstname lastname fullname vorname nachname familienname geburtsname "
            "nom noms prenom doctor physician surgeon arzt hausarzt medecin initials initialen username login",
            "patientname patientenname vorname nachname familienname nomdefamille nompatient prenom hausarzt",
            "diagnosis disease lesion class label device camera site body model dataset drug medication study "
            "task brand",
        ),
        (
            "free text",
            "note notes comment comments remark remarks notiz notizen bemerkung bemerkungen anmerkung anmerkungen "
            "kommentar kommentare commentaire commentaires remarque remarques observation observations freitext "
            "freetext anamnese anamnesis befund narrative letter arztbrief text texte report",
            "freitext freetext bemerkung kommentar commentaire arztbrief texteli",
            "",
        ),
        ("hashes", "hash sha sha1 sha256 md5 commit checksum uuid guid pruefsumme prufsumme", "sha256 checksum", ""),
        (
            "places on a map",
            "gps latitude longitude lat lon lng coordinates coords geo koordinaten coordonnees breitengrad langengrad",
            "latitude longitude koordinaten coordonnees",
            "",
        ),
        ("dates", "date dates datum timestamp datetime zeitstempel horodatage", "datum", ""),
    )
}
"""Kind to words that are whole in a name, words that may be part of one, words that give it another meaning."""

YES_OR_NO = frozenset({"true", "false", "yes", "no", "y", "n", "ja", "nein", "oui", "non", "0", "1", "unknown"})

_GIVEN = """
james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony donald steven
paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric
jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick mary patricia jennifer linda
elizabeth barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly emily donna michelle
carol amanda melissa deborah stephanie rebecca laura cynthia kathleen amy angela anna emma olivia sophia hans peter
wolfgang klaus juergen jurgen dieter manfred uwe guenter gunter horst bernd heinz werner helmut frank matthias stefan
andreas markus christian sebastian florian lukas felix jonas leon ursula monika petra elisabeth sabine renate helga
karin brigitte ingrid erika andrea gisela claudia susanne gabriele christa christine birgit heike ute katharina julia
lena mia hanna jean pierre michel andre philippe alain jacques bernard marcel daniel roger christophe nicolas laurent
julien antoine louis francois henri marie jeanne francoise monique catherine nathalie isabelle sylvie martine
christiane jacqueline valerie sandrine celine camille chloe lea manon ines mohammed muhammad mohamed ahmed ali fatima
aisha mehmet mustafa ayse maria jose juan carlos luis miguel antonio francisco ana carmen josefa giuseppe giovanni
francesca luca marco
"""
GIVEN_NAMES = frozenset(_GIVEN.split())

_ORDINARY = """
image images img photo photos picture pic scan file case patient pat lesion lesions subject person visit series study
view clinical dermoscopic dermoscopy dermatoscopic dermatology derm skin macro micro overview close closeup detail
crop copy new old final edited unknown other none yes no data dataset sample test train valid left right upper lower
front back side anterior posterior lateral medial dorsal ventral inner outer arm arms leg legs hand hands foot feet
finger fingers toe toes head face neck scalp chest abdomen trunk torso thigh shin knee elbow wrist ankle shoulder
forearm nose ear ears lip lips eye eyes cheek forehead chin nail nails palm sole genital buttock hip basal cell
squamous carcinoma melanoma nevus naevus nevi mole keratosis actinic seborrheic benign malignant dermatitis eczema
psoriasis acne rosacea lichen planus contact atopic tinea wart warts urticaria vitiligo lupus bullous pemphigus herpes
zoster fungal infection ulcer wound burn scar rash spot patch plaque papule nodule tumor tumour cancer disease chronic
acute superficial nodular common junctional compound dermal blue red white black brown pink dark light vascular
hemangioma dermatofibroma type stage grade class january february march april may june july august september october
november december monday tuesday wednesday thursday friday saturday sunday week day month year canon nikon sony
samsung apple iphone huawei olympus leica kamera bild foto aufnahme links rechts oben unten arm bein ruecken rucken
gesicht hals kopf bauch brust rumpf gauche droite bras jambe dos visage cou tete ventre torse peau von van der den de
la le du des zu del da di dr med prof mr mrs whats app whatsapp screenshot telegram untitled folder ms herr frau mme
the and of with
"""
NOT_A_NAME = frozenset(_ORDINARY.split())
"""Words of file names and of dermatology, and those that stand between names."""
