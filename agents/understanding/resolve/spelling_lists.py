"""The lists behind plain spelling: short forms, spellings of Hindi, words worth putting right."""

from __future__ import annotations

import re

EMOJI = {"👍": " ok ", "👌": " ok ", "✅": " ok ", "✔": " ok ", "👎": " no ", "❌": " no ", "🆗": " ok ", "।": ". "}

_ENGLISH = """
tomorrow: tmrw tmrow tmr tmrrw tmorow tomoro tommorow tommorrow tomorow tomorro 2moro 2morow 2morrow 2mrw 2mro tmw tomo tmo tmrow's
today: 2day tday todays
tonight: 2nite tonite 2night
appointment: appt apt appnt aptmt appmt apnt appoinment apointment appointmnt appoitment appointement appntmnt apntmnt aptment appmnt appoinmnt appintment appoinment apponitment
appointments: appts apts appmts
please: pls plz plss plzz pl plse pleas plez kindly pleae plese
thanks: thx thnx tnx thnks thanx tks ty tysm thankyou thku thanku dhanyavad dhanyawad shukriya
thank you: thankyou
you: u yu
your: ur yr
you're: youre
are: r
be: b
see: c
okay: ok okk okie okey okays k kk oky okays okayy okei okeh
and: n nd
for: fr
want to: wanna wana
want: wnt wan
going to: gonna
got to: gotta
give me: gimme
let me: lemme
i'm: im iam
i've: ive
i'd: id
i'll: illl
don't: dont dnt
can't: cant cannot cnt
won't: wont
didn't: didnt
doesn't: doesnt
isn't: isnt
wasn't: wasnt
haven't: havent hvnt
that's: thats
what's: whats wats
it's: its
there's: theres
where's: wheres
who's: whos
let's: lets
next: nxt nex nextt
morning: mrng mrg mornin morn mng mrning moring
evening: evng evg eveng evenin eve
afternoon: aftrnoon afternun aftn aftnoon afternoo arvo noonish
book: bk bok boook
doctor: doc dctr docter docor doctr doktor doktar daktar dactar dakter doctar dokter docto
doctors: docs
cancel: cancl cncl cancle cancell canel cansel kansal kainsal
cancelled: canceled
reschedule: resched reshedule rescedule reschedual rescheduel reschdule resechdule
with: wid wth w
because: bcoz bcz cuz coz becoz bcuz cos
before: b4 bfore befor
about: abt
have: hv hav
how: hw
what: wat wht
message: msg mssg
number: num nmbr
possible: psbl
available: avl avlbl avbl availble avail availabe avaliable
specialist: splst specilist speciallist speshalist
hospital: hosp hspital hospitl
good: gud gd
night: nite
yes: yess yep yup yeah yea yah yaa yas yeh yee yess yeahh yepp ys yesh
no: noo nope nop nah naw
hello: hlo helo hellow hallo hullo
insurance: insurence insurnce
people: ppl
minutes: mins
hours: hrs
weeks: wks
week: wk
weekend: wkend wknd
time: tym tme
someone: sm1 some1
everyone: every1
to: tu
monday: monay mondy
tuesday: tuseday tuesdy teusday tusday
wednesday: wednsday wensday wendesday wedness weds
thursday: thrusday thursdy thirsday thur thurs
friday: firday fridy
saturday: saterday satruday satday
sunday: sundy
february: feburary
september: sept
sweating: swetting sweting sweatin
chest: chst cheast chesst
breathe: breth brethe
bleeding: bleding bleading
"""

_HINDI = """
nahi: nahin nhi nai nahee nahii naheen nehi nhii nahe
haan: haa han haanji hanji ha hn hanjee haanjee
theek: thik teek tik theekh
chahiye: chahie chaiye chahye chaie chahiey chahiya chaahiye chaiyye
mujhe: muje mujhko mujko mjhe mujhey
mera: mra
kal: kl
parso: parson parsu parsoo paraso
aaj: aj
subah: suba subha subeh savere sawere
shaam: sham saam
dopahar: dopehar duphar dopeher dophar dopar dupahar
raat: rat
baad: bad
mein: mai me
hai: h he hain hei
dard: dardh drd
bukhar: bukar bukhaar
khansi: khasi khaansi kansi
karna: krna karana
karni: krni karani
karo: kro kroo
karein: karen kare kren karie kariye kijiye kijie
kar: kr
do: dijiye dijie dedo
milna: mila milana
baje: bje
hafte: haftey hafta saptah
mahine: mahina maheene
somvar: somwar somavar somwaar
mangalvar: mangalwar manglwar manglvar mangalwaar
budhvar: budhwar budhavar budwar
guruvar: guruwar brihaspativar brihaspatiwar veervar virvar gurwar
shukravar: shukrawar shukrvar shukrwar sukravar shukrwaar
shanivar: shaniwar sanivar shanivaar
ravivar: raviwar itvar itwar etvar ravivaar
agle: agla agli agale
pehle: pahle pehele phle pahale
pehla: pahla pehli pahli pahala
dusra: doosra doosri dusri dusara
theekhai: thikhai
jaldi: jldi jaldee
kisi: kisee kise
baat: bat
insaan: insan inshan aadmi admi
band: bnd
haddi: hadi haddiyon haddiyo
dant: daant dat dante danton dato
aankh: ankh aankhon aankho ankho aankhen
twacha: tvacha twcha
bacche: bache bachche bachon bacchon bachcho bachchon bacho
pet: peth
sir: sar
seene: sine seena chhati chati
saans: sans sas saas
maa: mummy mammi mata ammi mumma
pita: papa pitaji
apna: apni apne
milega: milegi milenge
kitna: kitne kitni
kahan: kaha kidhar
kab: kb
kya: kia kyaa
koi: koyi
yahi: yehi
wala: vala wali vali waala
do baje: dobaje
"""


def _forms(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        meant, forms = line.split(":")
        found.update(dict.fromkeys(forms.split(), meant))
    return found


_KEEP = {"me", "he", "do", "sir", "are", "rat", "bat", "bad", "pet", "sine", "hain", "dat", "sans", "h", "have"}
SHORT_FORMS = {form: meant for form, meant in (_forms(_HINDI) | _forms(_ENGLISH)).items() if form not in _KEEP}

PHRASES = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bwith/ ?", "with "),
        (r" ?@ ?(?=\d)", " at "),
        (r" ?& ?", " and "),
        (r"\ba\.m\.?(?![a-z])", "am"),
        (r"\bp\.m\.?(?![a-z])", "pm"),
        (r"(?<=\d) ?a\.? m\b\.?", " am"),
        (r"\bo ?[\"'`]? ?clock\b", "oclock"),
        (r"\bdr\. ?(?=[a-z])", "dr "),
        (r"\bfollow-up\b", "follow up"),
        (r"\bcheck-up\b", "check up"),
        (r"\bre-schedule\b", "reschedule"),
        (r"\bgood mornig\b", "good morning"),
    )
)

# What the letters of a Devanagari word give, where chats write it otherwise.
ROMANISED = {
    "phis": "fees",
    "men": "mein",
    "ma": "maa",
    "an": "aan",
    "chhati": "seene",
    "sine": "seene",
    "sina": "seene",
    "daktar": "doctor",
    "hath": "haath",
}

# Words of this domain: a slip in them is put right, and they are never taken for a slip in another.
_MEANT = """
appointment appointments cancel cancelled cancelling reschedule rescheduled tomorrow today monday tuesday
wednesday thursday friday saturday sunday january february april august september october november december
morning afternoon evening doctor doctors dentist dental dermatologist dermatology gynecologist gynaecologist
cardiologist cardiology orthopedic orthopaedic orthopedics orthopaedics neurologist neurology ophthalmologist
ophthalmology paediatrician pediatrician paediatrics pediatrics psychiatrist psychologist psychiatry
specialist physician gastroenterologist gastroenterology gynecology gynaecology obstetrician therapist
counselor counsellor surgeon practitioner available availability insurance parking address hospital booking
schedule consultation consult checkup earliest possible different another weekend urgent urgently immediately
stomach headache toothache backache migraine pregnant pregnancy diabetes breathing breathe bleeding
unconscious allergy swelling question location documents report reports results medicine please thanks confirm
confirmed english hindi postpone waitlist waiting language human person someone second third fourth fifth
fever cough breathless breathlessness suicide suicidal poison seizure
"""
MEANT = frozenset(_MEANT.split())
_NOT_SLIPS = """
cancer cancers dentists money older order thirsty moving boring warning morning's evenings mornings even event
events seven eleven weekends weekend's specials special physical physics personal persons parsing parting
packing marking barking address's adress dresses dressed insured insure report's result resort sports reported
fewer never lever forever rough tough couch touch through thirst first second's seconds human's women woman
places pleased pleasant confirms conform location's locations vacation document medicines medical bleeding's
booked bookings looking cooking available's difference indifferent someone's sometime something urgency
poisoned poisoning breathed breath breather schedules scheduled consultant consulted consulting counsel
council console answer anther other others mother another's father bother brother thursdays mondays tuesdays
wednesdays fridays saturdays sundays doctor's headaches stomachs allergies allergic swollen languages waited
wanting hunting dental's surgery surgical surgeries possibly impossible question's questions pregnancies
diabetic reschedules cancels sweating sweaty sweat sweats spelling smelling swallowing english's
fevers coughing coughs urgent's breathing's hours's monthly thank thanked mention meeting evenly event's thanksgiving haan
nahi chahiye somvar ravivar shanivar budhvar guruvar parking's conformed confirming confirmation concern
counselors counsellors therapists therapy theropist practice practitioners dermat cardio cardiac ortho gynae
pediatric paediatric dentistry orthodontist fourteen fourteenth fifteen fifteenth thirteenth thirteen thirty
fourths thirds fifths augusta april's hindu hindus
"""
# Words that look like a slip in one of the above and are not.
NOT_SLIPS = frozenset(_NOT_SLIPS.split())
