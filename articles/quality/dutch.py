"""Word lists that the checks of Dutch texts go by."""

from __future__ import annotations

from articles.quality.word_lists import listed, phrases

TRANSITIONS = phrases(
    """
    aan de andere kant; aan de ene kant; aangezien; achteraf; al met al; allereerst; als; alsof;
    als gevolg van; anders; anders gezegd; bij voorbeeld; bijvoorbeeld; bovenal; bovendien;
    daar komt bij; daarbij komt; daarbij; daardoor; daarentegen; daarmee; daarna; daarnaast;
    daarom; daartegenover; daarvoor; dan; dankzij; desondanks; dat betekent; desalniettemin;
    doordat; dus; echter; eerst; eerder; eigenlijk; en toch; evenals; eveneens; evenmin;
    hierdoor; hierna; hoewel; immers; in plaats daarvan; in feite; in het algemeen; in het begin;
    in het bijzonder; in tegenstelling; indien; inmiddels; integendeel; intussen; kortom;
    kort gezegd; later; maar; meestal; met andere woorden; mits; na afloop; nadat; namelijk;
    net als; net zo; niettemin; nochtans; nu; ofwel; om die reden; omdat; ondanks; ondertussen;
    onder andere; ook; ofschoon; op den duur; op die manier; over het algemeen; overigens; sinds;
    sindsdien; soms; sowieso; tegelijk; tegelijkertijd; ten eerste; ten tweede; ten derde;
    ten slotte; tenslotte; tenzij; terwijl; toch; toen; tot slot; totdat; trouwens; uiteindelijk;
    uiteraard; vaak; vandaar; vanwege; vervolgens; verder; voordat; vooral; voor het eerst;
    voorts; wanneer; want; weliswaar; zelfs; zoals; zo; zodat; zodra; zolang; zowel
    """
)

STOCK_PHRASES = phrases(
    r"""
    aan het eind(?:e)? van de dag
    (?:als|wanneer) het (?:gaat om|aankomt op)
    baanbrekende?
    de kers op de taart
    de mogelijkheden zijn (?:eindeloos|onbeperkt)
    de sleutel tot succes
    een (?:echte )?must(?:-have)? voor
    (?:een )?(?:echte )?game[- ]?changer
    eindeloze mogelijkheden
    het is belangrijk (?:om )?(?:te onthouden|te weten|te beseffen|op te merken|te vermelden)
    het spreekt voor zich
    het (?:volledige|volle) potentieel
    in de (?:huidige|hedendaagse) (?:snelle |digitale )?(?:wereld|tijd|samenleving)
    in de wereld van vandaag
    in dit artikel (?:bespreken|duiken|ontdek|ontdekt|lees|leest|verkennen|gaan)
    in dit (?:uitgebreide|ultieme) artikel
    in het digitale tijdperk
    laat (?:je|u) inspireren
    last but not least
    naadloos (?:integre|aan)\w*; naadloze integratie
    naar (?:een hoger|het volgende) niveau
    niet meer weg te denken
    duik(?:en)? in de wereld
    of (?:je|u) nu een (?:beginner|beginnende|doorgewinterde|ervaren)
    ontketen; ontgrendel
    revolutioneer(?:t|de|den)?
    (?:speelt|spelen) een (?:cruciale|belangrijke|essentiële|grote|centrale) rol
    tand des tijds
    van cruciaal belang; van essentieel belang
    zoek niet verder
    zonder verder omhaal
    """
)

STRONG_PARTICIPLES = listed(
    """
    begonnen begrepen beschreven besloten besproken betrokken bewezen bedorven ondernomen
    onderbroken onthouden ontvangen ontworpen overgenomen verboden verbonden verkregen verloren
    vermeden verscholen verschoven vertrokken vervangen verworpen voorgeschreven
    """
)
NO_PARTICIPLES = listed(
    """
    geen geld gek gelijk geluk gemak genoeg gerust gevoel geval gebied gebouw geduld gedrag gehoor
    geheel geheim gemiddeld gezond goed groot graag gevoelig gezellig geschikt bekend bereid
    beroemd bezet bewust verliefd verward vertrouwd verwant oud blind koud hard rood gewend gewoon
    gemeente gesprek gevaar gewicht gezicht geschenk gebruik gelden geloven geven genieten gebeuren
    gebruiken
    """
)
