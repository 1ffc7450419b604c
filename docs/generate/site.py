"""MkDocs' hook: pages made of other files, and links that leave docs/.

README.md is the first page, msg/*.msg are the page of messages; links to files outside docs/ lead to the
repository.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parents[2]
_LINK = re.compile(r'(\]\()([^)#\s:]+)((?:#[^)]*)?\))')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made."""
    # Imported when MkDocs runs: tests read the rest of this file without it.
    from mkdocs.structure.files import File

    files.append(File.generated(config, 'index.md', content=(_ROOT / 'README.md').read_text()))
    files.append(File.generated(config, 'messages.md', content=messages_page()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """The page's text with links as the site needs them."""
    return with_site_links(markdown, page.file.src_uri, f'{config.repo_url}/blob/main/')


def with_site_links(text: str, page: str, repository: str) -> str:
    """Links between pages are relative to the page; those to other files lead to the repository."""
    source = 'README.md' if page == 'index.md' else f'docs/{page}'

    def moved(link: re.Match[str]) -> str:
        target = normpath(f'{dirname(source)}/{link[2]}'.lstrip('/'))
        if target == 'README.md':
            target = 'docs/index.md'
        inside = target.startswith('docs/') and not (_ROOT / target).is_dir()
        place = relpath(target, f'docs/{dirname(page)}') if inside else repository + target
        return f'{link[1]}{place}{link[3]}'

    return _LINK.sub(moved, text)


def messages_page() -> str:
    """All messages with their comments."""
    parts = ['# Messages\n\nUnits and frames are in the comments. Topics that carry them: '
             '[ROS reference](ros.md).\n']
    for path in sorted((_ROOT / 'msg').glob('*.msg')):
        parts.append(f'\n## hemlets_ros/msg/{path.stem}\n\n```\n{path.read_text().rstrip()}\n```\n')
    return ''.join(parts)
