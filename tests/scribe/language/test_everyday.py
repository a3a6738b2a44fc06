"""Everyday talk names no clinical term, the same words in their clinical sense do; figures as recognisers cut them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe.language.numbers import numbers
from scribe.language.quantities import quantities
from scribe.language.terms import concepts
from scribe.language.words import tokenize

ORDINARY = """
how was your run this morning ?
i went for a run with my daughter .
he ran down the street to the store .
we ran into some old friends .
i was going to run that by you .
it was a cold day and the wind was strong .
would you like a cold drink ?
that is a sharp suit you have on .
does that fit your schedule ?
let us turn to the next page .
it is your turn now .
the engine is running fine .
i left the rest of it at home .
the rest is fine with me .
we moved here last fall .
i fell asleep in front of the tv .
school starts in the fall .
we are gon na get that done .
i do n't wan na go there .
i sat down for dinner .
he sat in the car and waited .
i forgot to lock the door .
did you catch that ?
i need to catch up with some work .
i caught the bus downtown .
sorry , i was tied up at work .
we expect it to be ready as expected .
let us take a break for lunch .
the car broke down on the way .
my phone is broken .
he got a new red car .
that is a red flag for me .
we went to the club on saturday .
what a waste of time .
i was scared of the dog .
my son works as a security guard .
they were playing cards all day .
the traffic was backed up for miles .
i need to put gas in the car .
we stopped at the gas station .
it would n't hurt to ask .
the ceiling is six feet high .
the pool is 20 feet long .
on the other hand , that is fine .
could you give me a hand ?
keep an eye on it for me .
i know it by heart .
we went back and forth about it .
i will be back to work on monday .
then i headed home .
let us face it , that is life .
we slipped away early .
she bought a pile of books .
we had ice cream after dinner .
they went ice skating in the park .
he boiled some water for tea .
i burned the toast .
i bumped into my neighbor .
there was a bump in the road .
we went to mass on sunday .
his business is showing strong growth .
i watched a film last night .
did you like the films ?
he works in sales with mr . walker .
dr . hawkins is out today .
my friend ana came with me .
i was admitted to college in may .
i pulled up the page on my screen .
we spotted a deer in the yard .
he stretched the truth .
the meeting went well .
i had a boot fair to go to .
click on that button .
he peeled the potatoes .
i tore the paper .
she is out of town .
he took a shot at the game .
i have been sick of this weather .
the results came back on tuesday .
you can come back any time .
i hope it works out for you .
it did n't work out .
we ate burgers on a bun .
put some sugar in the tea .
it was poorly done .
the room is foggy .
he got a good grade in spelling .
he missed the bus , you know .
that was a tough call to make .
my dog is a black lab .
he is very patient with me .
i was in a rush .
they have tens of thousands of them .
do you have the time ?
i got a flat tire .
we had them over for a barbecue .
i can read you like a book .
you hit the nail it on that one .
he is the sole owner .
i put the lid on the jar .
we visited a temple on our trip .
it is a matter of opinion .
i refer to as many books as i can .
""".strip().splitlines()


@pytest.mark.parametrize("sentence", ORDINARY)
def test_ordinary_talk_names_no_clinical_term(sentence: str) -> None:
    assert [mention.concept for mention in concepts(sentence)] == []


@pytest.mark.parametrize(
    ("said", "clinical"),
    [
        ("i 've had the runs for two days", "diarrhea"),
        ("i caught a cold last week", "upper respiratory infection"),
        ("i broke my arm", "fracture"),
        ("my knee is red and warm", "erythema"),
        ("i burned my hand on the stove", "burn"),
        ("my knee keeps locking", "locking"),
        ("my knee gave out", "instability"),
        ("i fell off a ladder", "fall"),
        ("there is some spotting between my periods", "vaginal bleeding"),
        ("i get winded on the stairs", "dyspnea"),
        ("i have been feeling run down", "fatigue"),
        ("there is a bump on my neck", "lump"),
        ("there is no guarding", "guarding"),
        ("clubbing or cyanosis", "clubbing"),
        ("his sats are fine", "oxygen saturation"),
        ("my sugars are running high", "glucose"),
        ("i will see you back in two weeks", "follow-up"),
        ("she uses a walker", "walker"),
        ("put some ice on it", "ice"),
        ("i dropped it on my foot", "foot"),
        ("no murmurs , gallops or rubs", "gallop"),
        ("lumbar strain", "strain"),
    ],
)
def test_the_clinical_sense_is_still_read(said: str, clinical: str) -> None:
    assert clinical in {mention.concept for mention in concepts(said)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a hundred . four", "100.4"),
        ("it was a hundred . four .", "100.4"),
        ("98 . 6", "98.6"),
        ("his temperature is 98 . 6 today", "98.6"),
        ("ninety eight point six", "98.6"),
        ("ninety-eight point six", "98.6"),
        ("one oh one", "101"),
        ("one oh one point two", "101.2"),
        ("one hundred point four", "100.4"),
        ("one hundred and one point four", "101.4"),
        ("six point oh five", "6.05"),
        ("99 point 5", "99.5"),
        ("a hundred and three", "103"),
        ("seven point two", "7.2"),
    ],
)
def test_a_decimal_is_one_number_however_it_was_cut(text: str, value: str) -> None:
    assert [number.value for number in numbers(tokenize(text))] == [Decimal(value)]


@pytest.mark.parametrize(
    "text", ["i was there in 12 . 6 weeks ago i fell", "i am forty . two of us went", "i took 2. 3 days later it hurt"]
)
def test_a_full_stop_is_no_point(text: str) -> None:
    assert len(numbers(tokenize(text))) == 2


@given(st.integers(90, 110), st.integers(0, 9))
def test_a_temperature_cut_at_its_point_is_read(whole: int, tenth: int) -> None:
    for text in (f"temp is {whole} . {tenth} .", f"temp is {whole}.{tenth}", f"temp is {whole} point {tenth}"):
        assert [found.value for found in quantities(text)] == [Decimal(f"{whole}.{tenth}")]
