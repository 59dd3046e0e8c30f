"""Word lists that the checks of Spanish texts go by."""

from __future__ import annotations

from articles.quality.word_lists import listed, phrases

TRANSITIONS = phrases(
    """
    a causa de; a continuación; a diferencia de; a la vez; a medida que; a menos que; a menudo;
    a pesar de; a veces; además; ahora bien; al contrario; al fin; al fin y al cabo; al final;
    al mismo tiempo; al principio; así; asimismo; así mismo; así pues; así que; aun así; aún así;
    aunque; antes; ante todo; antes de todo; claro está; como; como resultado; con todo; cuando;
    dado que; de ahí; de esta manera; de este modo; de hecho; de lo contrario; de modo que;
    de todos modos; debido a; del mismo modo; después; desde luego; dicho de otro modo;
    en cambio; en conclusión; en consecuencia; en cuanto; en definitiva; en efecto;
    en el día a día; en el fondo; en fin; en general; en lugar de; en otras palabras;
    en particular; en pocas palabras; en primer lugar; en realidad; en resumen; en segundo lugar;
    en suma; en tercer lugar; en última instancia; en vez de; entonces; entretanto; es decir;
    es más; específicamente; esto es; finalmente; gracias a; hasta que; igualmente; incluso;
    inicialmente; luego; mejor dicho; mientras; mientras tanto; más bien; más tarde; no obstante;
    normalmente; o sea; para que; pero; por consiguiente; por ejemplo; por el contrario;
    por ello; por eso; por esta razón; por este motivo; por lo general; por lo tanto;
    por más que; por otra parte; por otro lado; por supuesto; por tanto; por último;
    por una parte; por un lado; porque; posteriormente; primero; principalmente; pues;
    puesto que; segundo; según; sea como sea; si; si bien; siempre que; sin duda; sin embargo;
    sino; sobre todo; también; tampoco; tan pronto como; tercero; todavía; tras; una vez; ya que
    """
)

STOCK_PHRASES = phrases(
    r"""
    a la vanguardia
    adéntrate en; adéntrese en
    al siguiente nivel
    cabe (?:destacar|señalar|mencionar|resaltar|recordar)
    cuando se trata de
    desbloque(?:a|ar|e) (?:todo )?(?:el|tu|su) potencial
    desempeñan? un papel (?:crucial|fundamental|clave|vital|esencial|importante)
    embárcate en; embárquese en
    en conclusión
    en el mundo (?:actual|de hoy|moderno)
    en el vertiginoso mundo
    en este artículo,? (?:exploraremos|veremos|te|le|vamos|descubrirás)
    en la era digital
    en un mundo (?:cada vez más|en constante)
    es (?:importante|fundamental|crucial|esencial) (?:destacar|señalar|mencionar|recordar)
    es (?:importante|fundamental|crucial|esencial) tener en cuenta
    (?:un )?(?:verdadero )?game[- ]?changer
    ha llegado para quedarse
    juegan? un papel (?:crucial|fundamental|clave|vital|esencial|importante)
    la clave del éxito
    las posibilidades son (?:infinitas|ilimitadas)
    liber(?:a|ar|e) (?:todo )?(?:el|tu|su) potencial
    marcar? la diferencia
    no busques más; no busque más
    no es de extrañar
    por último,? pero no (?:por ello )?menos importante
    resisten? el paso del tiempo
    revoluciona(?:r|n|ndo|do)?
    sin más preámbulos
    sumérgete en; sumérjase en
    un antes y un después
    un sinfín de (?:posibilidades|opciones)
    ya seas? (?:principiante|un|una|usted)
    """
)

IRREGULAR_PARTICIPLES = listed(
    """
    abierto absuelto cubierto descrito descubierto devuelto dicho disuelto escrito hecho impreso
    inscrito muerto opuesto propuesto puesto resuelto roto supuesto visto vuelto
    """
)
# After "ser" these describe, or are no participles at all.
NO_PARTICIPLES = listed(
    """
    adecuado apropiado complicado cansado callado delicado demasiado elevado limitado pesado
    privado sagrado sofisticado variado avanzado detallado equilibrado pasado lado grado
    mercado resultado estado sentido contenido vestido pedido recorrido parecido ruido nido fluido
    rápido válido sólido cálido tímido líquido húmedo todo cuando nada cada dado educado
    divertido atrevido conocido querido debido significado método período soldado abogado
    """
)
