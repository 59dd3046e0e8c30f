"""Word lists that the checks of French texts go by."""

from __future__ import annotations

from articles.quality.word_lists import listed, phrases

TRANSITIONS = phrases(
    """
    à cause de; à ce sujet; à condition; à la fin; à l'inverse; à mesure que; afin; ainsi; alors;
    après; après tout; au cas où; au contraire; au début; au final; au fond; au lieu de; aussi;
    aussitôt; autrement; autrement dit; avant; avant tout; bien entendu; bien que; bien sûr;
    bref; car; c'est pourquoi; c'est-à-dire; cela dit; cependant; certes; comme; concrètement;
    d'abord; d'ailleurs; d'autant; d'autre part; d'ordinaire; d'une part; dans ce cas;
    dans l'ensemble; dans tous les cas; de cette façon; de fait; de même; de plus; de sorte que;
    dès que; de toute façon; depuis; désormais; donc; du coup; du moins; du reste; effectivement;
    également; en attendant; en bref; en cas de; en clair; en conséquence; en d'autres termes;
    en définitive; en dépit; en effet; en fait; en fin de compte; en général; en même temps;
    en outre; en particulier; en pratique; en résumé; en revanche; en somme; encore; enfin;
    ensuite; entre-temps; et puis; étant donné; finalement; grâce à; jusqu'à ce que;
    le plus souvent; lorsque; lorsqu; mais; malgré; même si; néanmoins; notamment; or; outre;
    par ailleurs; par conséquent; par contre; par exemple; par la suite; parce que; parce qu;
    parfois; pendant que; plus tard; plutôt; pour cette raison; pour finir; pour que; pourtant;
    pourvu que; premièrement; deuxièmement; puis; puisque; puisqu; quand; quant à; quoique;
    sans doute; sauf; si; sinon; souvent; surtout; tandis que; tant que; toutefois; tout d'abord;
    toujours est-il; troisièmement; voilà pourquoi
    """
)

STOCK_PHRASES = phrases(
    r"""
    à la pointe de la technologie
    à l'ère (?:du )?numérique
    dans cet article,? nous (?:allons|verrons|vous)
    dans le monde (?:actuel|d'aujourd'hui|moderne)
    dans un monde (?:en constante évolution|où tout va|en perpétuel)
    embarquez pour
    en conclusion
    exploiter (?:tout |pleinement )?(?:le|son|votre) potentiel
    force est de constater
    (?:un )?(?:véritable )?game[- ]?changer
    il convient de (?:noter|souligner|rappeler)
    il est (?:important|essentiel|crucial|primordial) de (?:noter|souligner|rappeler|comprendre)
    il va sans dire
    joue(?:nt)? un rôle (?:crucial|essentiel|clé|primordial|central|majeur|fondamental)
    la clé du succès
    laissez-vous (?:séduire|tenter|emporter|inspirer)
    last but not least
    les possibilités sont (?:infinies|illimitées)
    libére[rz] (?:tout )?(?:le|votre) potentiel
    n'hésitez pas à
    ne cherchez pas plus loin
    passe[rz] au niveau supérieur
    plonge[rz]? dans (?:l'univers|le monde)
    que vous soyez (?:débutant|novice|un|une|amateur)
    résist(?:e|ent) à l'épreuve du temps
    révolutionn(?:e|er|ent|é)
    sans plus attendre
    un véritable (?:atout|trésor|incontournable)
    un incontournable
    """
)

# Participles that "-é" does not tell.
IRREGULAR_PARTICIPLES = listed(
    """
    accompli admis appris atteint attendu bâti choisi compris conçu conclu conduit connu construit
    contenu couvert cuit décrit défendu défini démoli détruit dit écrit élu entendu entretenu
    établi fait fini fourni garanti inclus interdit introduit inscrit lu mis nourri obtenu offert
    ouvert peint perdu permis pris prévu produit promis puni réduit rempli rendu repris requis
    résolu retenu réuni saisi servi soumis soutenu suivi surpris tenu traduit transmis trahi vaincu
    vécu vendu vu
    """
)
# After "être" these are the past of the active voice, or describe.
NO_PARTICIPLES = listed(
    """
    allé arrivé décédé demeuré entré monté passé rentré resté retourné tombé né devenu venu parti
    adapté âgé aisé animé approprié assuré avancé calé carré compliqué composé concentré démodé
    détaillé déterminé doué éloigné élevé équilibré étonné fatigué fermé fâché isolé limité
    mesuré motivé occupé
    pressé privé réputé rusé salé sensé serré séparé situé spécialisé sucré varié zélé été
    """
)
