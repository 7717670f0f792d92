"""English."""

from __future__ import annotations

from bot.domain import Phase
from bot.monitor.parsing.languages.language import GAP, Language, any_of, told, words

_ADVERB = (
    "(?:now|since|also|all|both|already|fully|completely|successfully|finally|entirely|once more|once again|again|just"
    "|therefore) "
)
_HAS = rf"(?:has|have|had|is|are|was|were|been|'s|'ve|'re) (?:{_ADVERB}){{0,3}}(?:been )?(?:{_ADVERB}){{0,2}}"
_TROUBLE = (
    "(?:issues?|incidents?|problems?|outages?|disruptions?|interruptions?|degradations?|errors?|failures?|faults?"
    "|delays?|latency|latencies|downtime|slowness|slowdowns?|impact|events?|bugs?|matter|situation|regression|backlog"
    "|alerts?|cases?|tickets?|this|it|that|everything|things|all|recovery|restoration|which)"
)
_SYSTEMS = (
    "(?:services?|systems?|access|operations?|functionality|connectivity|traffic|platform|performance|availability)"
)
_PEOPLE = "(?:we|engineers|team|engineering|technicians|staff|provider|they)"
_FIX = "(?:fix|fixes|patch|hotfix|workaround|mitigations?|rollback|change|solution)"
_OUT = "(?:implemented|deployed|applied|rolled out|released|put in place|in place|pushed|shipped|completed)"
_RUN = (
    "(?:processing|flowing|loading|sending|delivering|operating|working|functioning|running|performing|responding"
    "|behaving"
    "|operate|work|function|run)s?"
)

_GOING_ON = "continu(?:e|es|ing)(?: to)?"
_MENDING = "rolling out|restor|resolv|recover|fix|mitigat|bring|(?:a|the) fix"

ENGLISH = Language(
    end=any_of(
        rf"\b{_HAS}(?:resolved|fixed|solved|remediated|rectified|corrected|repaired|restored|recovered|resumed)\b",
        rf"\b{_TROUBLE}\b{GAP}\b{_HAS}(?:complete|completed|concluded|closed|over|ended|finished|cleared|gone)\b",
        rf"\b{_PEOPLE}(?:'ve| have| has)? (?:now |since |successfully )?"
        r"(?:resolved|fixed|solved|restored|repaired|corrected|rectified)\b",
        r"\b(?:identified|mitigated|found|located|addressed|isolated),? and (?:has been |have been "
        r"|now )?(?:resolved|fixed|closed)\b",
        r"\b(?:outage|incident|disruption|interruption|downtime) (?:has )?(?:ended|over)\b",
        # Without a verb: "Resolved", "all issues fixed", "service restored".
        rf"^(?:(?:the|this|that|full|normal|is|are|now|all|fully|completely|has|have|been) ){{0,3}}(?:{_TROUBLE} "
        rf"|{_SYSTEMS} ){{0,3}}"
        r"(?:(?:now|fully|all|is|are) ){0,2}(?:resolved|fixed|solved|closed|restored|recovered|operational|all clear)"
        r"(?: now| again| at .{0,30}| as of .{0,30})?$",
        r"\bback (?:to normal|online|up\b|in service|to full|in operation|in order)",
        r"\b(?:returned|gone back|recovered) to (?:normal|their normal|its normal|usual|full|service|baseline"
        r"|expected)",
        rf"\b{_RUN} (?:\w+ )?(?:normally|as expected|as usual|as intended|again|correctly|properly|without issues?)\b",
        r"\bfully (?:operational|functional|recovered|restored|available|functioning)\b",
        r"\b(?:is|are|now) (?:now |once )?(?:again )?"
        r"(?:operational|available again|reachable again|stable again|online again|healthy again)\b",
        r"\ball systems (?:are )?(?:now )?(?:go|normal|nominal|online|green)\b",
        r"\bup and running\b",
        r"\bnormal (?:operations?|service|functionality|functioning|levels|performance)"
        r" (?:has |have |is |are |was |were )?(?:now )?(?:been )?(?:resumed|restored)\b",
        r"\bno longer (?:seeing|see|experiencing|experience|observing|affected|impacted|failing|occurring|present)\b",
        r"\b(?:closing|closed out) (?:out )?(?:this|the) (?:incident|issue|ticket|case)\b",
        r"\bconsider(?:ed|ing)? (?:this|the)\b.{0,20}? (?:resolved|closed|over)\b",
        r"\b(?:marking|marked|declaring|declared) (?:this|the|it)\b.{0,20}?\b(?:resolved|closed)\b",
        r"\brecovered\b(?! from)",
    ),
    work_end=any_of(
        rf"\b{_HAS}(?:complete|completed|concluded|finished|closed|over|ended|done|finali[sz]ed)\b",
        r"^(?:\w+ ){0,3}(?:completed|finished|complete)(?: successfully)?$",
        rf"\b(?:{_PEOPLE}|work|maintenance|upgrade|migration) (?:have |has )?(?:successfully )?(?:completed"
        rf"|finished)\b",
    ),
    doubt=any_of(
        r"^(?:all )?(?:the )?other\b",
        r"\b(?:not|never|cannot|unable|until|till|once(?! more| again)|when|whether|if|unless|before|will|'ll|shall"
        r"|should|may|might|could|would|can(?! confirm| report| now confirm)|must|(?<!as )expect\w*|hop(?:e|es|ing"
        r"|eful|efully)|aim\w*|plan|plans"
        r"|planning|try"
        r"|trying|attempt\w*|anticipate\w*|working (?:to|on|towards?|hard)|work to|in order to|to be|to get|to have"
        r"|to see|being|getting|yet|almost|nearly|mostly|largely|partial\w*|partly|majority|most|some|several|many"
        r"|one of|half of|parts? of|certain|a few|a number of|think|thought|believe\w*|assum\w*|appears?|appeared"
        r"|seem\w*"
        r"|likely|probably|coming|going|moving|heading|bringing|beginning to|starting to|slowly|gradually"
        r"|temporarily|briefly|(?:previously|earlier) (?:resolved|fixed|closed)"
        r"|in progress|close to|on track|eta|estimated?|except\w*|only|unresolved|first|falsely|incorrectly"
        r"|prematurely|soon|(?:another|other|separate|different|related|unrelated) (?:issue|incident|problem|outage)"
        r"|replaces|supersedes)\b",
        r"n't\b|\d ?%|\bpercent\b",
    ),
    about=told(
        "issue|incident|problem|outage|disruption|interruption|degradation|error|failure|fault|delay|bug|latency|event",
        "that|where|which|whereby|when|who|causing|caused|affecting|impacting|preventing|with|in which|resulting"
        "|regarding"
        "|related to|involving|for|of|in|on|some|experienced|reported",
    ),
    limit=any_of(
        r"\b(?:but|however|although|though|except|apart from|other than|still|remain\w*|partial\w*|partly|only|mostly"
        r"|slowly|not all|with (?:a |some |slight |minor )?(?:delays?|limitations?|errors?|reduced)|returned|came back"
        r"|come back|recurred|reoccurred|reappeared|soon|shortly|incorrectly|will (?:be )?(?:roll|deploy|release)\b"
        r"|being (?:verif|validat|test|check)\w*|(?:in|on) (?:parts|stages|some|most))\b",
        r"^ by [^,;]{0,40}\byour\b",
        r"^ for (?!all\b|every|both\b|good\b|now\b|the (?:affected|impacted|remaining|rest|time)|affected|impacted"
        r"|(?:our )?(?:customers|users)(?! (?:in|on|using|with|who))|you\b|any)",
    ),
    still=any_of(
        r"\bstill (?:be |being |not |experienc|see|affect|impact|fail|down|unavailable|degraded|slow|hav|unresolved"
        r"|an? "
        r"|some |no )",
        r"\bremains? (?:affected|impacted|unavailable|down|degraded|slow|offline|unresolved|open|delayed|limited"
        r"|intermittent|impaired|elevated|disrupted)",
        r"\bcontinu\w+ to (?:see|experience|affect|impact|fail|have|be (?:affected|impacted|degraded|unavailable))",
        r"\b(?:issue|problem|outage|incident|error|it|which)s? (?:has|have|had) "
        r"(?:returned|recurred|reoccurred|reappeared|come back|resurfaced|started again)\b(?! to)",
        r"(?:\bnot|n't) (?:yet )?(?:been )?(?:fully |completely )?(?:resolved|fixed|restored|recovered)\b",
        r"\bstill (?:under investigation|investigating (?!the (?:root )?cause|why|what|how)|ongoing|in progress)",
        r"\breopen(?:ed|ing)\b",
        r"\b(?:resolution|restoration|recovery|mitigation|rollout) (?:process |work )?is (?:currently )?"
        r"(?:ongoing|underway|in progress)",
        rf"(?:\bwe|\bare|\bis|'re) (?:(?:now|currently|actively|closely|still|{_GOING_ON}) ){{0,3}}monitor",
        r"(?:\bare|\bis|'re) (?:(?:now|currently|still|actively) ){0,2}(?:experiencing|verifying|mitigating|watching"
        r"|investigating (?!(?:the )?(?:root )?cause|why|what|how|ways|opportunit|options))",
        rf"\b(?:working (?:\w+ ){{0,3}}to|working on|{_GOING_ON}) (?:{_MENDING})",
        rf"\bcurrently (?:impact|affect|degrad|unavailable|down)|\bwork(?:ing)? {_GOING_ON}|\b{_GOING_ON} (?:to )?work",
        r"\bbeing (?:deployed|rolled out|worked on|restored|mitigated|implemented|rebuilt|reprocessed|replayed"
        r"|processed(?! normally)|drained|repaired)\b",
    ),
    stages=(
        (
            Phase.MONITORING,
            any_of(
                r"\b(?:we|are|is|be|and|now|currently|actively|closely|continue|continuing|still|team|engineers|keep"
                r"|'re|while|begun|started)(?: \w+){0,3} monitoring\b",
                r"^monitoring\b(?: (?:the|for|closely|results?|recovery|and|this|as|to)\b|$)",
                rf"\b{_FIX} (?:has|have|was|were|is|are|'s) (?:now |since |already )?(?:been )?{_OUT}\b",
                rf"\b(?:have|has|we|'ve|engineers|and) (?:now )?{_OUT} (?:a|the|an) (?:\w+ )?{_FIX}\b",
                r"\bmitigated\b|\bcontinu(?:e|ing) to (?:\w+ )?monitor\b",
                r"\bmonitor(?:ing)? the (?:results?|situation|recovery|fix)\b",
                r"\brecovering\b|\bwatching (?:closely|the|for|this|it)\b|\bkeeping (?:a close|an) eye\b",
            ),
        ),
        (
            Phase.IDENTIFIED,
            any_of(
                r"\bidentified\b",
                r"\b(?:found|determined|located|isolated|pinpointed|discovered) the (?:root )?(?:cause|issue|problem"
                r"|source)\b",
                r"\b(?:root )?cause (?:has been|was|is) (?:found|known|determined|isolated)\b",
            ),
        ),
        (Phase.INVESTIGATING, words("investigating", "(?:to|we|will|team) investigate", "under investigation")),
    ),
    work_stages=(
        (Phase.IN_PROGRESS, words("in progress", "underway", "under way", "verifying", "has (?:begun|started)")),
        (
            Phase.SCHEDULED,
            words("scheduled", "planned", "upcoming", "will (?:be )?(?:performing|performed|conducting)"),
        ),
    ),
)
