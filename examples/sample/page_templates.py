"""Fill the page templates: one .html file a site, with `$name` places (string.Template)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from examples.sample.prose import Prose

TEMPLATE_FOLDER = Path(__file__).parent / "templates"

# Site of an ordinary page by language and kind: (template, host, author).
SITES: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("en", "news"): ("mercury", "www.harrow-mercury.example", "Nell Farthing"),
    ("en", "howto"): ("fettle", "fettle.example", "the Fettle workshop"),
    ("en", "essay"): ("lamplight", "lamplight.example", "Ida Marsh"),
    ("en", "reference"): ("almanac", "almanac.example", "many hands"),
    ("zh", "news"): ("chenbao", "www.jiangcheng-chenbao.example", "陈小满"),
    ("zh", "howto"): ("baike", "shenghuo-zhishi.example", "勤快的蚂蚁"),
    ("zh", "essay"): ("shuwu", "banmu-shuwu.example", "半亩"),
    ("zh", "reference"): ("baike", "shenghuo-zhishi.example", "爱刨根的人"),
}

# Chrome of the one template that the other languages share: site, menu, cookie notice, footer.
WORLD_SITES: Mapping[str, tuple[str, str, Sequence[str], str, str]] = {
    "de": (
        "dorfblatt.example",
        "Das Dorfblatt",
        ("Aktuelles", "Garten", "Werkstatt", "Anmelden"),
        "Diese Seite verwendet Cookies. Mit der Nutzung stimmen Sie dem zu.",
        "Impressum · Datenschutz · Kontakt",
    ),
    "ja": (
        "kurashi-techo.example",
        "暮らしの覚え書き",
        ("ホーム", "台所", "庭仕事", "ログイン"),
        "当サイトではクッキーを使用しています。",
        "お問い合わせ｜プライバシーポリシー｜利用規約",
    ),
    "es": (
        "la-plaza.example",
        "La Plaza",
        ("Portada", "Cocina", "Huerta", "Iniciar sesión"),
        "Utilizamos cookies propias y de terceros para mejorar su visita.",
        "Aviso legal · Política de privacidad · Contacto",
    ),
    "fr": (
        "le-petit-canal.example",
        "Le Petit Canal",
        ("Accueil", "Cuisine", "Jardin", "Connexion"),
        "Ce site utilise des cookies. Vous pouvez les refuser à tout moment.",
        "Mentions légales · Confidentialité · Contact",
    ),
}

# Pieces of chrome that no corpus row may hold, whatever page it came from.
CHROME_PHRASES = (
    "214 partners use cookies",
    "Births, marriages and deaths",
    "Place an advert",
    "Needle and thread",
    "Cordless drills",
    "Random article",
    "客户端下载",
    "举报电话",
    "友情链接",
    "我的书架",
    "Datenschutz",
    "プライバシーポリシー",
    "Aviso legal",
    "Mentions légales",
)


@cache
def _template(name: str) -> Template:
    return Template((TEMPLATE_FOLDER / f"{name}.html").read_text(encoding="utf-8"))


def fill(name: str, **values: str) -> str:
    """Return template `name` with its places filled; values are HTML already."""
    return _template(name).substitute(values)


def paragraphs_html(paragraphs: Sequence[str]) -> str:
    """Return one <p> element a paragraph, escaped; line breaks inside one become <br>."""
    return "\n".join(
        "<p>" + escape(text, quote=False).replace("\n", "<br>\n") + "</p>" for text in paragraphs
    )


def page_date(position: int) -> str:
    """Return a made-up date of publication, the same for the same position."""
    return f"20{14 + position % 9}-{1 + position * 5 % 12:02d}-{1 + position * 7 % 28:02d}"


def page_url(prose: Prose) -> str:
    """Return the address an ordinary page has on its site."""
    host = (
        WORLD_SITES[prose.language][0]
        if prose.language in WORLD_SITES
        else SITES[prose.language, prose.kind][1]
    )
    return f"https://{host}/{prose.kind}/{prose.slug}"


def ordinary_page(prose: Prose, position: int, related: Sequence[Prose]) -> str:
    """Return an ordinary page in its site's dress.

    Args:
        prose: The page's own text.
        position: Place in the list of pages; decides the date.
        related: Texts whose titles stand in the sidebar.
    """
    values = {
        "title": escape(prose.title, quote=False),
        "url": page_url(prose),
        "date": page_date(position),
        "body": paragraphs_html(prose.paragraphs),
        "related": "".join(
            f'<li><a href="{page_url(other)}">{escape(other.title, quote=False)}</a></li>'
            for other in related
        ),
        "charset": "utf-8",
    }
    if prose.language in WORLD_SITES:
        _, site, menu, cookies, footer = WORLD_SITES[prose.language]
        menu_items = "".join(f'<li><a href="#">{escape(item)}</a></li>' for item in menu)
        return fill(
            "world",
            language=prose.language,
            site=site,
            menu=menu_items,
            cookies=cookies,
            footer=footer,
            **values,
        )
    template, _, author = SITES[prose.language, prose.kind]
    return fill(template, author=author, **values)


def plain_page(title: str, url: str, body_html: str, language: str = "en") -> str:
    """Return a bare home page around `body_html`."""
    return fill(
        "plain", title=escape(title, quote=False), url=url, body=body_html, language=language
    )
