"""Words that people put around what they mean, folded: see :func:`bot.catalog.names.fold`. Data only."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS = word_set(
    """
    a about am an and any anybody anyone are as at be been being by can check compare compared could did do does down
    for from get give had has have having here hey hi how hows i if im in is isnt it its just let like look lookout
    looking looks me my now of on only or our ours outage outages over page please pls plz right s see should show so
    status t tell that thats the their them then there theres these they this those to up ur us versus via vs was we
    were whats whether will with would yet you your yours
    """
)
"""Passed over around names, in whatever command."""

QUESTION_WORDS = word_set(
    """
    available broken crash crashed crashing dead degraded doing down downtime dying error errors failing fine
    functional going gone healthy incident incidents issue issues lagging like live offline ok okay online operational
    out outage outages problem problems reachable responding running slow slowly state stable struggling trouble
    unavailable unreachable well work working works wrong
    aint arent cant doesnt dont hasnt no not
    again actually also anything at back but completely currently else even ever everything everybody everyone
    happening happens hello help kind know me might moment myself or maybe only really seem seems somehow someone
    something still suddenly thanks thank today totally very weird weirdly what when where which who why
    acting all ll anyones overview summary recover recovered recovers fixed resolved solved restored miss missed glitch
    glitching flaky hiccup hiccups outaged laggy crazy mad broke word again been going anymore
    friends guys folks people team think thought today tonight trying wonder wondering
    affected bad bit bunch go hit hits impacted impacting internet morning planet quick question seeing since ask
    side world another having hmm oh ok ugh wtf

    aktuell alles bei das dem den der die ein eine einen er erreichbar es etwas funktioniert funktionieren geht gehts
    gerade gestort gibt hat heute im ist jetzt kann kaputt kein keine lahm langsam lauft laufts los man mal mit nicht
    noch offline ob sind sie storung storungen und verfugbar von was wie wieder wieso warum zurzeit zustand probleme

    ne pas atil bien
    actuellement au aux avec ce cest ces chez comment de des disponible du elle en encore est estce etat et fonctionne
    fonctionnent hs il ils la le les lent marche marchent moment ou panne pannes pas plus pour quel quelle que qui
    sont statut t tombe tombee toujours un une va y ya a probleme quoi cours estil passe sestil
    euch uns denn eigentlich alle ausfall ausfalle mir montre moi zeig zeige

    ahora algo algun alguna caida caidas caido caidos como con de del el en esta estado estan estamos funciona
    funcionan funcionando hay la las lento los mal no pasa pasando para por que se sigue sirve su todavia un una va
    cayo muestra muestrame problema servicio servicios
    """
)
"""Passed over besides those in a question about how something stands; English, German, French and Spanish."""

WHOLE = word_set(
    """
    all alles anything everything everybody everyone nothing somebody someone something todo todos tout toutes tous
    toutes vendor vendors provider providers service services tool tools
    """
)
"""All of the channel's vendors."""

OUTAGE_WORDS = word_set(
    """
    broken degraded down downtime failing green healthy incident incidents issue issues offline online operational
    outage outages panne pannes problem problems red slow state status storung storungen trouble up working wrong
    kaputt probleme problemas problema caido caidos caida etat estado statut
    """
)
"""One of these in a sentence without a name asks about all of the channel's vendors."""

CHATTER = word_set(
    """
    afternoon amazing appreciate appreciated awesome beautiful bot bonjour bye cheers cool danke day evening excellent
    fantastic gracias great greetings hallo haha hello hey hi hiya hola howdy kidding kudos lol love lovely merci
    morning moin naja neat nice nicely night okay perfect salut servus sorry sup super sweet ta thank thanks thankyou
    thx tschuss ty tysm welcome wonderful wow yay yeah yep yes yo helpful useful brilliant job done bravo congrats
    good ok fine ping pong testing
    """
)
"""Politeness: not worth more than a line."""
GREETINGS = CHATTER - word_set("day done good ok okay fine job bot love")
"""Those that make a sentence chatter by themselves; ``all good`` is a question."""
REFUSALS = word_set("cancel nevermind nope no nah abort")
"""A question of ours, answered with no."""

COMMON = (
    FILLERS
    | QUESTION_WORDS
    | WHOLE
    | OUTAGE_WORDS
    | CHATTER
    | word_set(
        """
        access account admin after alarm alert alerts always another api app apps application ask backend because
        before better big bill blog board boss breaks brief browser bug bugs build building busy call called calls
        channel chat cloud code coffee colleague company computer config connection could customer customers data
        database deal deploy deployed deploying deployment dinner docs domain double earlier early email emails end
        engineer engineers enough every exactly explain fast feature feel few file files find finished first fix fixed
        food friday from front full fun funny general getting goes great group guess happen happened happy hard hate
        have heard holiday home hope hour hours house idea important info install into join joke keep kill last late
        later latest laptop leave less little load loading local login long lost lot lunch machine made mail main make
        makes many marketing maybe meeting mention message messages minute minutes monday money month months more most
        move much name need network never new news next nobody number office often old once one open order other page
        part party password past pay payment payments people phone play point post posts price probably process
        product production prod project pull push put random read ready real reason release report request requests
        restart result room run said sales same saturday save say says screen search second security sell send sent
        server servers session set several share ship short shut side sign simple single site sites small software
        some soon sorry sound speed staging start started stop story stuff sunday support sure system systems table
        take talk task team test tests text than their thing things thursday ticket time times told tomorrow tonight
        too took top train true try tuesday turn two under update updates upload use used user users using video view
        wait want wants watch way weather web website wednesday week weekend weeks went where while whole why wifi
        will window without word words world worse worst write wrong year years yesterday
        """
    )
)
"""Never taken for a misspelt name."""

HEDGES = word_set("but except excluding excl unless without not never neither nor ausser sauf excepto salvo other")
"""They turn a request round. What holds one and is not understood whole is asked back."""


ASIDE = {
    "unsubscribe": word_set(
        """
        about alert alerts any anymore channel id ive wed do dont from goes hear hearing incidents is longer me
        messages more news not notification notifications of outages posts send sending stuff subscription
        subscriptions tell telling this to update updates us want wants watching when
        """
    ),
    "subscribe": word_set(
        """
        about alerts any anything are breaks channel id ive wed down every eye fails goes happening happens has have
        if incident incidents informed is issues know me need news notifications outage outages posted problems
        something there this up update updated updates us want when whenever wrong
        """
    ),
    "mute": word_set("about alerts channel for incident incidents messages notifications that this updates"),
}
"""Words around the names in a request to change something, by command."""

PAST_WORDS = word_set(
    """
    all broken did down downtime go goes happen happened how incident incidents issue issues last lately latest list
    long outage outages paso passiert past postmortem postmortems previous problem problems que recent recently show
    up war was went were what whats when which working wrong
    ausfall ausfalle gab letzte letzten letzter letztes wann
    dernier derniere dernieres derniers incidente incidentes quand
    cuando fue hubo ultima ultimas ultimo ultimos
    """
)
"""Words around the names in a question about what was."""

CADENCES = word_set(
    """
    briefing daily day digest digests evening friday fridays monday mondays month monthly morning overview recap report
    reports roundup saturday saturdays summary sunday sundays thursday thursdays tuesday tuesdays wednesday wednesdays
    week weekly
    """
)
"""Words of a request for a digest that vendors are called by too."""

DIGEST_ASIDE = word_set(
    """
    a all an and any at briefing but by can change channel clock could digest digests each else every everything
    for from get give have here i id in into it like mail make me message more new of on once our overview please
    post recap report reports roundup send set summaries summarize summary switch that the this to turn up us want
    we with would you your
    """
)
"""Words around the time in a request for a digest."""
