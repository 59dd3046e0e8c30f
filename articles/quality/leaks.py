"""How what is left over from the writing looks, in every language that is sold."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from articles.quality import prompt_text
from articles.sanitise import visible

# However they were asked for, no article holds these.
NEVER_ORDERED: Final = frozenset({"prompt-text", "instruction", "markdown", "code-fence"})

# What must not reach a reader: (code, what it is, how it looks).
LEAKS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (code, label, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for code, label, pattern in (
        (
            "placeholder",
            "a placeholder",
            r"\[(?:insert|your|add|enter|placeholder|link|url|name|company|brand|todo|tbd|date"
            r"|number|source|citation|image|x{2,})\b[^\]]{0,80}\]"
            r"|\{\{.{0,80}?\}\}|\blorem ipsum\b|\b(?-i:TODO|TBD|XXX+)\b|_{5,}"
            r"|<(?:insert|your)\b[^>]{0,60}>"
            r"|\[[^\]\n]{0,60}\b(?:einfügen|eintragen|ergänzen|insérer|à compléter|insertar"
            r"|completar|invullen|invoegen)\b[^\]\n]{0,40}\]"
            # Quotations have "[city]", and style sheets "[title]": these are told by a second
            # word or by their capitals.
            r"|(?<!\w)\[(?:(?:product|city|author(?:['’]s)?|topic|keyword|location|phone|e-?mail)"
            r"[ _-](?:name|number|address|title|here|goes here)"
            r"|(?-i:Product|City|Author|Title|Topic|Keyword|Location|Phone|E-?[Mm]ail|Address"
            r"|PRODUCT|CITY|AUTHOR|TITLE|TOPIC|KEYWORD|LOCATION|PHONE|E-?MAIL|ADDRESS"
            r"|Produktname|Stadt|Autor|Thema|Ort|Ville|Auteur|Produit|Sujet|Ciudad|Producto"
            r"|Tema|Stad|Productnaam|Onderwerp))\]"
            r"|\[(?:Ihr |Ihre |votre |su |uw )?(?:Firma|Firmenname|Unternehmensname|nom d[eu]"
            r"|entreprise|nombre de|empresa|naam van|bedrijfsnaam|Quelle|Datum|fuente|bron)\b"
            r"[^\]\n]{0,60}\]",
        ),
        (
            "machine-speaks",
            "the writer speaking of itself",
            r"(?:^|[.!?]\s+)as an? (?:ai\b|artificial intelligence\b)"
            r"|\bas an? (?:ai |large )?language model\b"
            r"|\bI(?:'m|’m| am) an? (?:ai|language model)\b"
            r"|\bI (?:cannot|can(?:'|’)?t|am unable to|won(?:'|’)t) (?:help|assist|fulfil|comply"
            r"|provide|write|create|generate)\b|\bmy (?:training data|knowledge cut-?off)\b"
            r"|\b(?:als|ich bin ein) (?:KI-|großes )?Sprachmodell\b|\bals KI-Sprachmodell\b"
            r"|\bals (?:KI|künstliche Intelligenz) (?:kann|darf|habe|bin|möchte) ich\b"
            r"|\bich bin eine (?:KI|künstliche Intelligenz)\b"
            r"|\b(?:en tant que|je suis un) (?:grand )?modèle de langage\b|\bje suis une IA\b"
            r"|\ben tant qu['’](?:IA|intelligence artificielle), je\b"
            r"|\b(?:como|soy un) modelo de lenguaje\b|\bsoy una (?:IA|inteligencia artificial)\b"
            r"|\bcomo (?:una )?(?:IA|inteligencia artificial), (?:no )?(?:puedo|tengo|debo)\b"
            r"|\b(?:als|ik ben een) (?:AI-|groot )?taalmodel\b|\bals AI (?:kan|mag|heb) ik\b",
        ),
        (
            "writer-chatter",
            "the writer talking to its client",
            r"^(?:sure|certainly|of course|absolutely)[,!.]? (?:here|i)\b"
            r"|\bhere(?:'s|’s| is) (?:the|your|an?) (?:\w+ )?(?:article|blog post|draft|rewrite)\b"
            r"|\bI hope this (?:helps|article)\b"
            r"|\blet me know if you(?:'d|’d| would)? (?:like|need)"
            r"|^(?:title|meta description|slug|word count):\s"
            r"|^(?:gerne|natürlich|klar|selbstverständlich)[,!.] hier (?:ist|kommt)\b"
            r"|^(?:bien sûr|volontiers|certainement)[,!.]? voici\b"
            r"|^(?:claro|por supuesto|desde luego)[,!.]? aquí (?:tiene|está)"
            r"|^(?:natuurlijk|zeker|graag)[,!.]? hier is\b"
            r"|^(?:hier ist|voici|aquí (?:tienes?|está)|hier is) (?:der|Ihr|dein|l['’]|le|el"
            r"|tu|su|het|uw) ?(?:\w+ )?(?:Artikel|Entwurf|Beitrag|article|brouillon|artículo"
            r"|borrador|concept)[^.:\n]{0,30}:",
        ),
        ("code-fence", "a code fence", r"```|~~~"),
        (
            "prompt-text",
            "a piece of the instructions",
            rf"</?(?:{'|'.join(prompt_text.fences())})>"
            rf"|\b(?:{'|'.join(prompt_text.fields())})\b",
        ),
        (
            "instruction",
            "a piece of the instructions",
            r"\b(?:ignore|disregard|forget) (?:all |any |the |of |your )*(?:previous|above|prior"
            r"|earlier) (?:instructions|rules|prompts?)"
            r"|\b(?:my|the) system prompt\b|\bmy instructions\b"
            r"|\b(?:ignorier|vergiss|missacht)\w*(?: Sie)? (?:alle |die |deine |Ihre )*"
            r"(?:vorherigen|vorigen|bisherigen|obigen|früheren) "
            r"(?:Anweisungen|Regeln|Instruktionen|Befehle)"
            r"|\b(?:ignor|oubli)\w+ (?:toutes )?(?:les |tes |vos )?(?:instructions|consignes"
            r"|règles) (?:précédentes|antérieures|ci-dessus)"
            r"|\b(?:ignor|olvid)\w+ (?:todas )?(?:las |tus |sus )?(?:instrucciones|reglas)"
            r" (?:anteriores|previas)"
            r"|\b(?:negeer|vergeet) (?:al |alle |de |je |uw )*(?:vorige|voorgaande|eerdere"
            r"|bovenstaande) (?:instructies|regels|opdrachten)",
        ),
        (
            "encoded-text",
            "a run of characters that is no word",
            r"(?<![\w+/=-])[A-Za-z0-9+/_-]{80,}={0,2}",
        ),
        (
            "markdown",
            "Markdown instead of HTML",
            r"\*\*[^*\n]{1,200}\*\*|^#{1,6} \S|\[[^\]\n]{1,200}\]\(https?://",
        ),
    )
)


def readable(text: str) -> str:
    """Return `text` as leaks are looked for in it: in plain letters, without what is not seen."""
    return normalize("NFKC", visible(text))


def never_allowed(ordered: str) -> str:
    """Return the piece of `ordered` that blocks any article it stands in, "" where none does."""
    # In quotes, so that what is a mark at the beginning of a line alone is none.
    text = f"“{readable(ordered)}”"
    patterns = (pattern for code, _, pattern in LEAKS if code in NEVER_ORDERED)
    found = next(filter(None, (pattern.search(text) for pattern in patterns)), None)
    return found[0] if found else prompt_text.copied(text)
