"""English words of everyday talk, besides those that :mod:`bot.commands.vocabulary` has a use for. Data only."""

from __future__ import annotations

from bot.commands.vocabulary import word_set

EVERYDAY = word_set(
    """
    able accept according across act action active activity add added address against age agenda agree ahead air
    allow allowed alone along already although among amount angry announce announcement answer answered anyway apart
    appear apply approve approved area argue arrive article asap asked asking asleep attach attempt attention author
    average avoid awake aware away baby bag ball bank bar base based basically basis bath battle beach bear become
    bed beer begin beginning begins behind believe below benefit beside best bet between beyond birthday black
    blocked blue body boring born borrow both bother bottom boy brain bread breakfast bring brother brought brown
    budget built bus button buy calendar camera cancelled card care careful carry cat catch cause caused center
    central certain chair chance change changed changes changing charge cheap cheese child children choice choose
    chose city class clean clear clearly click client clock closed cold collect college color comes coming command
    commit common community compile complain complete complicated condition confirm confused connect consider
    contact contain content continue contract control conversation cook corner correct cost count country couple
    course cover create created cry cup current cut cute cycle damn dance dark date daughter dear death debug decide
    decided deep default define delay delayed delays delete deleted deliver delivery depend depends describe desk
    detail details develop developer developers device diet difference different difficult direct direction
    directory dirty disappear discuss disk dns doctor doctors dog door download dozen draft draw dream drink drive
    driver drop dry due dumb during dust each ear easily easy eat edge edit effort eight either empty enable enabled
    enjoy enter entire entry environment equal escape especially event events everywhere evidence example examples
    except excited excuse exercise exist expect expected expensive experience expert explanation express extra eye
    face fact fair fall family famous far farm father fault favor favorite fear fed feedback feeling feet fell felt
    fight figure figured fill film final finally finger finish fires fish fit five fixes fixing flat flight floor
    folder follow following foot force forget forgot form forward found four free fresh fridge friend friendly fuel
    future game garden gave gift girl given glad glass goal god gold grand grass gray ground grow growth guy habit
    half hand handle hands hang hanging hangs happiness hardly head headache hear heart heat heavy held hell helped
    helping hence high higher hill hire history hobby hold hole honest honestly hook hospital host hot hotel huge
    human hundred hungry hurry hurt husband ice imagine immediately improve include included increase information
    inside instance instead interest interested interesting interview invite involve item itself jail joined journey
    jump kick kid kids kitchen knew known language large latency laugh law lay lazy lead leader learn led left leg
    legal lesson letter level lie life light likely limit line lines link links lip listen literally lock locked log
    logs lonely looked loop lose loss loud low lower luck lucky lunchtime mainly major manage manager map mark
    market marriage master match material matter meal mean means meant measure meat media medicine meet member
    memory men mental merged met method middle mile milk million mind mine minor mistake mix mobile model modern
    mood moon mostly mother mouth moved movie moving music must named narrow nature near nearly necessary neck
    needed needs negative neighbor nervous nine noise noisy none nor normal normally north nose note notice noticed
    nowhere object obvious obviously odd offer official oil opinion opportunity option options orange original
    others otherwise outside own owner package paid pain paint pair panic paper parent park particular pass passed
    path patient pattern pending percent perhaps period permission person personal phase photo pick picture piece
    pizza place plan planned planning plans plant plate player pm pocket pointless police policy political poor
    popular position positive possible possibly potential power practice prefer prepare present president press
    pressure pretty prevent previous private prize problematic proper protect proud prove provide public purpose
    quality quarter questions quickly quiet quit quite rain raise ran range rare rate rather reach reached reaction
    reasonable receive received recommend record reduce refer reference refresh refuse regard region regular reject
    related relationship relax remain remember remote remove removed repair repeat replace repo repository require
    required research respond responsible rest retry return returned review rich ride rise risk river road robot
    robots role roll rollback rolled roof root round route row rule rules rush sad safe salary salt sample sand
    scary schedule scheduled school science score sea season seat secret seemed selection self sentence separate
    series serious seriously setting settings setup seven shall shape sharp shift shirt shock shoe shop shot
    shoulder shower sick sight signal silence silent silly similar sing sister sit situation six size skill skin
    skip sky sleep slept slightly slip smart smell smoke snow soft sold solution solve song sooner sort south space
    spare special specific spend spent spoke spot spread spring stack stage stair stand standard standup star
    station stay stayed steal stick stock stone stood store storm straight strange street stress strong stuck
    student study stupid style subject success such sudden suffer sugar suggest suit summer sun supposed surprise
    swim switch symptom tag taken taking talked talking tall taste tax teach teacher ten tend term terrible theory
    thick thin thinking third thousand thread throw tie tight till tired title tone tongue tooth topic total touch
    tough tour toward town track trade traffic training travel tree trial trick trip truck trust truth turned
    turning type typed typing ugly unable understand understood unhappy unit university unknown unless unlock
    unusual upcoming upset urgent useless usual usually vacation value various version versions victim village
    visible visit voice vote waiting wake walk wall wanted war warm warn warning wash waste water weak wear wedding
    weekly weight west wet wheel white wide wife wild win wind wine winter wish wood worked worker worried worry
    worth written wrote yard yellow young yourself zero zone
    """
)
"""Never taken for a misspelt name: what holds one and no vendor is about something else."""
