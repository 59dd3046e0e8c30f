"""Word lists that the checks of German texts go by."""

from __future__ import annotations

from articles.quality.word_lists import listed, phrases

TRANSITIONS = phrases(
    """
    aber; abschließend; allerdings; als; also; am Anfang; am Ende; andererseits; anders gesagt;
    anfangs; anschließend; anstatt; auch; auf diese Weise; aufgrund; aus diesem Grund; außerdem;
    bei alledem; beispielsweise; besonders; bevor; bis; da; dabei; dadurch; dafür; dagegen;
    daher; damit; danach; daneben; dann; daran; daraufhin; darüber hinaus; darum; davor; dazu;
    dementgegen; demnach; denn; dennoch; deshalb; dessen ungeachtet; deswegen; doch; ebenfalls;
    ebenso; einerseits; endlich; ehe; erst; erstens; etwa; falls; ferner; folglich; genauso;
    gleichzeitig; gleichwohl; hierfür; hierzu; hingegen; hinzu kommt; dazu kommt; hinterher;
    im Gegensatz; im Gegenteil; im Grunde; im Übrigen; im Vergleich; immerhin; indem; infolge;
    insbesondere; insgesamt; inzwischen; jedoch; kurz gesagt; kurz und gut; kurzum; letztlich;
    letztendlich; meist; meistens; mit anderen Worten; mittlerweile; möglicherweise; nachdem;
    nachher; nämlich; nebenbei; nicht zuletzt; nichtsdestotrotz; nochmals; nun; obgleich; obwohl;
    ohnehin; oft; schließlich; seitdem; so; sobald; sodass; sofern; solange; somit; sondern;
    sonst; soweit; sowie; sowohl; später; statt; stattdessen; trotz; trotzdem; überdies;
    übrigens; umso; und zwar; ungeachtet; vielmehr; vor allem; vorausgesetzt; vorher; während;
    währenddessen; wegen; weil; weiterhin; weiters; wenn; wenngleich; wie gesagt; wobei;
    wohingegen; zudem; zuerst; zugleich; zuletzt; zum Beispiel; zum einen; zum Schluss; zumal;
    zunächst; zusammengefasst; zusätzlich; zuvor; zwar; zweitens; drittens
    """
)

STOCK_PHRASES = phrases(
    r"""
    am Ende des Tages
    auf (?:die nächste Stufe|das nächste Level|ein neues Level|ein neues Niveau)
    abschließend lässt sich (?:sagen|festhalten)
    bahnbrechende?[nrs]?
    begeben Sie sich auf (?:eine|die) \w*reise
    das volle Potenzial; das volle Potential; volles Potenzial; volles Potential
    der Schlüssel zum Erfolg
    die Möglichkeiten sind (?:endlos|grenzenlos|unbegrenzt)
    egal,? ob Sie (?:ein )?(?:Anfänger|Einsteiger|Neuling)
    ein (?:absolutes )?Muss für (?:jeden|alle)
    eine Reise durch die Welt de[rs]
    entfesseln Sie
    es ist (?:wichtig|entscheidend),? zu (?:beachten|betonen|erwähnen|wissen|verstehen)
    es versteht sich von selbst
    (?:ein )?(?:echter )?Game[- ]?changer
    grenzenlose Möglichkeiten
    im digitalen Zeitalter
    in der heutigen (?:schnelllebigen |digitalen |modernen )?(?:Welt|Zeit|Gesellschaft)
    in diesem (?:Artikel|Beitrag|Leitfaden|Ratgeber),? (?:erfahren|zeigen|gehen|werden)
    in diesem (?:umfassenden|ultimativen) (?:Artikel|Beitrag|Leitfaden|Ratgeber)
    lassen Sie sich (?:inspirieren|verzaubern)
    last but not least
    maßgeschneiderte Lösung(?:en)?
    nahtlos (?:integrier|einfüg|eingefüg)\w*
    nicht mehr wegzudenken
    nicht zu unterschätzen
    ob Anfänger oder (?:Profi|Fortgeschrittener?)
    revolutionier(?:t|en|te|ten)
    spiel(?:t|en) eine (?:entscheidende|zentrale|wichtige|wesentliche|bedeutende|große) Rolle
    suchen Sie nicht weiter
    tauchen Sie ein
    taucht? ein in die Welt; in die Welt de[rs] \w+ ein(?:zu)?tauchen
    von entscheidender Bedeutung
    wenn es um (?:[\w-]+ ){1,4}geht
    zusammenfassend lässt sich (?:sagen|festhalten)
    """
)

# Participles without "ge-" that are no other form of their verb; those in "-iert" need no list.
STRONG_PARTICIPLES = listed(
    """
    begonnen behoben beschlossen beschrieben besprochen betrieben bewiesen bezogen empfohlen
    entnommen entschieden entworfen entzogen erfunden ergriffen erhoben erschlossen erzogen
    überschritten übernommen übertroffen überwiesen unternommen unterschrieben unterbrochen verboten
    verbrannt verbunden verglichen verloren vermieden verschoben verschrieben vertrieben
    verworfen verwiesen zerbrochen zerrissen
    """
)
# Look like participles and are none, or describe: "es wird bekannt", "er wird gehen".
NO_PARTICIPLES = listed(
    """
    gehen geben gelten genießen gewinnen geraten gelangen gehören gefallen geschehen gelingen
    gestalten gewähren genügen gewöhnen gefährden gebrauchen gedeihen gestatten gegen genau genauso
    gern gerne gestern gesund gut gerade gerecht gewiss gering general gelassen geeignet geduldig
    gemeinsam gesamt gebiet gerät gewicht geschäft geschenk gesicht gefühl gespräch gericht getränk
    gemüt gewürzt bekannt beliebt berühmt bereit besetzt bestimmt erst ernst selbst verliebt
    vertraut verwandt leicht recht nicht vielleicht seit weit meist oft jetzt bleibt steht geht
    gebot gehalt gestalt gewalt gebet gewinnt gibt gilt gelingt gehört gefällt genügt
    """
)
