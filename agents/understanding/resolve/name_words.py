"""Words that stand beside names and words that are not names unless a title stands before them."""

from __future__ import annotations

_TITLES = """
dr doctor doc prof professor mr mrs ms miss shri smt sri sir madam ma'am mam ji saab sahab sahib md mbbs ms
phd dds dmd facs do frcs mrcp dm dnb mch np pa jr ii iii iv inc डॉ
"""
TITLES = frozenset(_TITLES.split())
_NOT_NAMES = """
a about actually after afternoon again ago all also am an and another any anyone anything appointment
appointments appt are as ask at available back be because been before better book booked booking but by call
can cancel change check clinic come consult consultation could date day days did different do does don't done
earlier earliest early else evening ever every fine first follow for free friday from get give go going good
got had has have he her here hi hello him his hospital hour how i i'd i'll i'm i've if in instead is it it's
its just know last late later like long look looking make maybe me mean meant meet meeting message mine minute
mom monday month more morning move much my name need never new next nice night no noon not nothing now of ok
okay old on once one only open or other our out over pain past patient pick please possible prefer problem
question rather ready reschedule right same saturday saw say schedule second see seen shall she should show
sick since slot slots so some someone something soon sorry specialist still stop sunday sure take talk tell
than thank thanks that that's the their them then there they thing think third this thursday time times to
today told tomorrow tonight too tuesday two up us use usual very visit wait want was we wednesday week weekend
weeks well went were what what's when where which who whom why will wish with without won't work would year
yes yesterday yet you your son daughter mother father wife husband brother sister baby child kid kids family
friend may mark will hope joy rose grace summer june august january march april dental dentist medical clinic
center centre health care group associates family practice skin heart bone eye ear specialty surgeon physician
nurse lady female male man woman general kal aaj parso subah shaam dopahar raat baje ko se ka ki ke mein hai
haan nahi ji mujhe mera meri chahiye karna karni karo kar do din hafte liye aur ya bhi koi milna appointment
dikhana se wala agle pehle baad bad theek
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())
