"""The words of the generated holiday sentences, English and French, with all forms that the sentences need.

A "*" before a French word: it starts like a consonant (h aspiré, "huit", "onze"), so nothing is elided before
it. A "_" stands for a space inside an expression.
"""

from __future__ import annotations

from typing import NamedTuple


class Noun(NamedTuple):
    """A noun: English singular, French singular, gender ("m" or "f"), and what it names ("T", "A", "H" or
    "S").
    """

    english: str
    french: str
    gender: str
    kind: str


class Adjective(NamedTuple):
    """An adjective: English, French masculine and feminine singular, kinds of its nouns, and whether before
    them.
    """

    english: str
    masculine: str
    feminine: str
    kinds: str
    before: bool


class Verb(NamedTuple):
    """A verb: English base, past and participle ("-": unused); French present (je, il, nous, vous, ils),
    participle.
    """

    english: str
    past: str
    participle: str
    infinitive: str
    present: tuple[str, ...]
    done: str
    kinds: str  # of nouns that are its object; of a verb of motion: its preposition
    motion: bool = False


class Person(NamedTuple):
    """A subject: English, French, which of a verb's five forms it takes, and gender; "-" where English hides
    it.
    """

    english: str
    french: str
    form: int  # 0 je, 1 il or elle, 2 nous, 3 vous, 4 ils or elles
    gender: str


def _rows(text: str) -> list[list[str]]:
    return [[word.replace("_", " ") for word in row.split()] for row in text.strip().splitlines()]


def _nouns(kind: str, text: str) -> list[Noun]:
    return [
        Noun(english, french, gender, kind) for english, french, gender in map(str.split, text.split(", "))
    ]


def _regular(stem: str) -> tuple[tuple[str, ...], str]:
    """The present and the participle of a verb in -er."""
    return tuple(stem + ending for ending in ("e", "e", "ons", "ez", "ent")), stem + "é"


def _verb(row: list[str], motion: bool = False) -> Verb:
    english, past, participle, kinds, infinitive, *forms = row
    present, done = (tuple(forms[:5]), forms[5]) if forms else _regular(infinitive.removesuffix("er"))
    return Verb(english, past, participle, infinitive, present, done, kinds, motion)


# Things, animals, houses, and places without walls.
NOUNS = (
    *_nouns(
        "T",
        "suitcase valise f, umbrella parapluie m, hat chapeau m, coat manteau m, scarf écharpe f, map carte f, "
        "book livre m, newspaper journal m, knife couteau m, clock horloge f, hammock *hamac m, axe *hache f, "
        "chair chaise f, armchair fauteuil m, lamp lampe f, plate assiette f, bag sac m, bicycle vélo m, "
        "car voiture f, boat bateau m, present cadeau m, ladder échelle f, harp *harpe f, accordion accordéon m, "
        "basket panier m",
    ),
    *_nouns(
        "A",
        "dog chien m, cat chat m, horse cheval m, bird oiseau m, owl *hibou m, hedgehog *hérisson m, donkey âne m, "
        "cow vache f, goat chèvre f, mouse souris f, spider araignée f, squirrel écureuil m, turtle tortue f",
    ),
    *_nouns(
        "H",
        "house maison f, hotel hôtel m, school école f, church église f, castle château m, station gare f, "
        "museum musée m, hospital hôpital m, factory usine f, shop magasin m, inn auberge f, "
        "shed *hangar m, farm ferme f",
    ),
    *_nouns(
        "S",
        "market marché m, airport aéroport m, island île f, lake lac m, beach plage f, garden jardin m, "
        "forest forêt f, village village m",
    ),
)

# Adjectives before the noun, then those after it.
ADJECTIVES = tuple(
    Adjective(english, masculine, feminine, kinds, before=place == "before")
    for english, masculine, feminine, kinds, place in _rows("""
small petit petite TAHS before
big grand grande TAHS before
beautiful beau belle TAHS before
old vieux vieille TAHS before
new nouveau nouvelle THS before
young jeune jeune A before
pretty joli jolie TAHS before
good bon bonne TH before
bad mauvais mauvaise TH before
red rouge rouge TH after
green vert verte TH after
blue bleu bleue TH after
white blanc blanche TAH after
black noir noire TAH after
grey gris grise TAH after
brown marron marron TAH after
expensive cher chère T after
cheap bon_marché bon_marché T after
heavy lourd lourde T after
strange étrange étrange TAHS after
dirty sale sale TAHS after
modern moderne moderne TH after
famous célèbre célèbre HS after
quiet tranquille tranquille AHS after
dangerous dangereux dangereuse AS after
wild sauvage sauvage A after
Italian italien italienne TH after
Spanish espagnol espagnole TH after
Greek grec grecque TH after
""")
)
MOODS = tuple(  # of persons
    Adjective(english, masculine, feminine, kinds="", before=False)
    for english, masculine, feminine in _rows("""
tired fatigué fatiguée
happy heureux heureuse
sad triste triste
ready prêt prête
ill malade malade
late en_retard en_retard
curious curieux curieuse
alone seul seule
proud fier fière
worried inquiet inquiète
jealous jaloux jalouse
busy occupé occupée
""")
)
INVARIABLE = ("marron", "bon marché", "en retard")
BEFORE_VOWELS = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel", "ce": "cet", "ma": "mon", "sa": "son"}

VERBS = tuple(
    _verb(row)
    for row in _rows("""
buy bought bought TA acheter achète achète achetons achetez achètent acheté
sell sold sold TA vendre vends vend vendons vendez vendent vendu
look_for looked_for - TA chercher
find found found TA trouver
draw drew drawn TAHS dessiner
photograph photographed photographed TAHS photographier
paint painted painted TH peindre peins peint peignons peignez peignent peint
see saw seen TAHS voir vois voit voyons voyez voient vu
visit visited visited HS visiter
wash washed washed TA laver
repair repaired repaired TH réparer
forget forgot forgotten T oublier
lose lost lost TA perdre perds perd perdons perdez perdent perdu
borrow borrowed borrowed T emprunter
choose chose chosen TAH choisir choisis choisit choisissons choisissez choisissent choisi
feed fed fed A nourrir nourris nourrit nourrissons nourrissez nourrissent nourri
admire admired admired TAHS admirer
bring brought brought TA apporter
hide hid hidden TA cacher
""")
)
# What is felt, not done: about something definite, in the present.
FEELINGS = tuple(
    _verb(row)
    for row in _rows("""
like - - TAHS aimer
love - - TAHS adorer
hate - - TAHS *haïr *hais *hait *haïssons *haïssez *haïssent *haï
""")
)
MOTIONS = tuple(
    _verb(row, motion=True)
    for row in _rows("""
go went - to aller vais va allons allez vont allé
return returned - to retourner
arrive arrived - at arriver
stay stayed - at rester
come came - from venir viens vient venons venez viennent venu
come_back came_back - from revenir reviens revient revenons revenez reviennent revenu
leave left - for partir pars part partons partez partent parti
""")
)
MODALS = (
    _verb(["want to", "-", "-", "", "vouloir", "veux", "veut", "voulons", "voulez", "veulent", "voulu"]),
    _verb(
        [
            "prefer to",
            "-",
            "-",
            "",
            "préférer",
            "préfère",
            "préfère",
            "préférons",
            "préférez",
            "préfèrent",
            "préféré",
        ]
    ),
    _verb(
        ["hope to", "-", "-", "", "espérer", "espère", "espère", "espérons", "espérez", "espèrent", "espéré"]
    ),
)

PERSONS = tuple(
    Person(english, french, int(form), gender)
    for english, french, form, gender in _rows("""
I je 0 -
you vous 3 -
we nous 2 -
he il 1 m
she elle 1 f
my_sister ma_sœur 1 f
my_brother mon_frère 1 m
my_aunt ma_tante 1 f
my_uncle mon_oncle 1 m
your_grandmother votre_grand-mère 1 f
your_grandfather votre_grand-père 1 m
our_parents nos_parents 4 m
her_son son_fils 1 m
his_daughter sa_fille 1 f
the_two_girls les_deux_filles 4 f
the_boys les_garçons 4 m
the_women les_femmes 4 f
the_men les_hommes 4 m
the_old_man le_vieil_homme 1 m
the_young_woman la_jeune_femme 1 f
the_actress la_actrice 1 f
the_waiter le_serveur 1 m
the_hero le_*héros 1 m
the_queen la_reine 1 f
Anna Anna 1 f
Hugo Hugo 1 m
Alice Alice 1 f
Paul Paul 1 m
Anna_and_Julie Anna_et_Julie 4 f
Paul_and_Emma Paul_et_Emma 4 m
""")
)

NOT_GOALS = ("island", "forest")  # one is on or in them, not at them
# English, and French after "à", "de" and "pour".
CITIES = tuple(
    (english, f"à {french}", f"de {french}", f"pour {french}")
    for english, french in _rows("""
Paris Paris
Rome Rome
Athens Athènes
Lisbon Lisbonne
Vienna Vienne
Geneva Genève
Oslo Oslo
London Londres
Hamburg *Hambourg
""")
)
COUNTRIES = (
    ("Italy", "en Italie", "de Italie", "pour la Italie"),
    ("Spain", "en Espagne", "de Espagne", "pour la Espagne"),
    ("Greece", "en Grèce", "de Grèce", "pour la Grèce"),
    ("Hungary", "en *Hongrie", "de *Hongrie", "pour la *Hongrie"),
    ("Portugal", "à le Portugal", "de le Portugal", "pour le Portugal"),
    ("Japan", "à le Japon", "de le Japon", "pour le Japon"),
    ("the Netherlands", "à les Pays-Bas", "de les Pays-Bas", "pour les Pays-Bas"),
    ("the United States", "à les États-Unis", "de les États-Unis", "pour les États-Unis"),
)
VEHICLES = _nouns("V", "train train m, bus bus m, plane avion m, flight vol m")
NUMBERS = dict(
    pair.split()
    for pair in (
        "two deux, three trois, four quatre, five cinq, six six, seven sept, eight *huit, nine neuf, ten dix, "
        "eleven *onze, twelve douze, thirteen treize, fourteen quatorze, fifteen quinze, sixteen seize, "
        "seventeen dix-sept, eighteen dix-huit, nineteen dix-neuf, twenty vingt"
    ).split(", ")
)
HABITS = {
    "every morning": "chaque matin",
    "every year": "chaque année",
    "on Mondays": "le lundi",
    "on Sundays": "le dimanche",
    "in summer": "en été",
    "in winter": "en hiver",
    "in spring": "à le printemps",
    "in May": "en mai",
    "in August": "en août",
}
PAST = {
    "yesterday": "hier",
    "last week": "la semaine dernière",
    "last year": "la année dernière",
    "on Monday": "lundi",
    "on Sunday": "dimanche",
    "this morning": "ce matin",
    "in May": "en mai",
    "in August": "en août",
}
