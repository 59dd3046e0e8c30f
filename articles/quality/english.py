"""Word lists that the checks of English texts go by."""

from __future__ import annotations

from articles.quality.word_lists import listed, phrases

FUNCTION_WORDS = listed(
    """
    a an the and or but nor of in on at to for from by with without about into onto over under
    between is are was were be been being do does did have has had can could will would shall
    should may might must it its this that these those your our my their his her you we they i he
    she what which who whom how when where why not no so than then as if near best vs per
    """
)

TRANSITIONS = phrases(
    """
    above all
    accordingly
    additionally
    after
    after all
    afterwards
    all in all
    also
    although
    another
    as a result
    as long as
    as soon as
    as well as
    at first
    at last
    at the same time
    because
    before
    besides
    but
    by contrast
    by the time
    certainly
    clearly
    consequently
    conversely
    despite
    due to
    during
    earlier
    either
    equally
    even if
    even so
    even though
    eventually
    finally
    first
    firstly
    for example
    for instance
    for that reason
    for this reason
    furthermore
    generally
    hence
    however
    in addition
    in brief
    in case
    in contrast
    in fact
    in order to
    in other words
    in particular
    in short
    in the end
    in the meantime
    in turn
    indeed
    instead
    lastly
    later
    likewise
    meanwhile
    moreover
    most importantly
    namely
    neither
    nevertheless
    next
    nonetheless
    of course
    on the contrary
    on the one hand
    on the other hand
    on top of that
    once
    otherwise
    overall
    particularly
    previously
    provided that
    rather
    second
    secondly
    similarly
    simply put
    since
    so
    soon
    specifically
    still
    subsequently
    such as
    that is why
    that said
    then
    therefore
    third
    though
    thus
    to begin with
    to sum up
    unless
    unlike
    until
    usually
    when
    whenever
    whereas
    while
    yet
    """
)

# Participles that no rule of spelling tells.
IRREGULAR_PARTICIPLES = listed(
    """
    beaten become begun bent bitten blown born bought bound broken brought built burnt caught
    chosen cut dealt done drawn driven drunk eaten fallen fed felt fought found forbidden forgotten
    forgiven frozen given gone ground grown heard held hidden hit hung hurt kept known laid led
    left lent let lit lost made meant met mistaken overcome paid proven put read ridden rung
    risen run said sawn seen sold sent set sewn shaken shed shot shown shut sold sought spent
    split spoken spread stolen stuck struck sung sunk swept sworn taken taught thought thrown told
    torn understood undone woken won worn woven written withdrawn
    """
)
# Words that end like a participle or are one, and after "be" mostly describe.
NO_PARTICIPLES = listed(
    """
    need indeed hundred speed naked sacred wicked rugged kindred gone born left lit run set
    interested excited tired bored pleased worried married crowded limited advanced experienced
    skilled detailed complicated sophisticated dedicated talented red bed seed feed weed
    """
)

# Regular expressions (`word_lists.any_of`).
STOCK_PHRASES = phrases(
    """
    a testament to
    at the end of the day
    buckle up
    cutting[- ]edge
    deep dive into
    delv(?:e|es|ing) (?:deep(?:er)? )?into
    dive (?:deep(?:er)? )?into the world of
    elevate your
    embark(?:ing)? on (?:a|this|your) journey
    ever[- ](?:changing|evolving) (?:landscape|world)
    first and foremost
    game[- ]chang(?:er|ers|ing)
    harness(?:ing)? the power
    in conclusion
    in the ever[- ]\\w+ world of
    in the realm of
    in the world of
    in this (?:comprehensive|ultimate) guide
    in today[’']s (?:digital age|fast[- ]paced world|world)
    in today[’']s \\w+[- ]?\\w* (?:landscape|market|society)
    it goes without saying
    it is (?:important|worth|crucial|essential) (?:to note|noting|to remember)
    it[’']s (?:important|worth|crucial|essential) (?:to note|noting|to remember)
    last but not least
    leave no stone unturned
    look no further
    more than just a
    navigat(?:e|es|ing) the (?:complexities|complex|landscape|world)
    needless to say
    not only a trend but
    plays? a (?:crucial|pivotal|vital) role
    revolutioniz(?:e|es|ing)
    rich tapestry
    seamless(?:ly)? integrat(?:e|es|ed|ing|ion)
    stand the test of time
    take your \\w+ to the next level
    tapestry of
    the possibilities are endless
    the world of possibilities
    treasure trove
    unleash(?:ing)? (?:the|your)
    unlock(?:ing|s)? (?:the|your) (?:full |true )?(?:potential|power|secrets?)
    when it comes to
    whether you[’']re a (?:seasoned|beginner)
    without further ado
    """
)
