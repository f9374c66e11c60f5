"""Areas: nations, regions and boroughs, and the places people name in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel, ConfigDict


class Area(BaseModel):
    """One area; what each field means stands at the top of directory/areas.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    parent: str | None = None
    names: tuple[str, ...] = ()
    wide_name: bool = False
    places: tuple[str, ...] = ()
    services: dict[str, str] = {}


#: How much a name says about where somebody is: a place inside an area most, a wide name least.
_PLACE, _NAME, _WIDE_NAME, _NOWHERE = range(4)


class Areas(Mapping[str, Area]):
    """All areas by id, in the file's order."""

    def __init__(self, areas: Iterable[Area], default: str, not_places: Iterable[str] = ()) -> None:
        """`default` is the area of somebody who has named none; `not_places` are phrases that name no place."""
        self._areas = {area.id: area for area in areas}
        self.default = default
        #: What services are named for in some area, such as `childrens_services`.
        self.roles = tuple(dict.fromkeys(role for area in self._areas.values() for role in area.services))
        self._places: dict[str, tuple[int, str]] = {}
        for area in self._areas.values():
            own = _WIDE_NAME if area.wide_name else _NAME
            self._places.update({plain(name): (own, area.id) for name in (area.name, *area.names)})
            self._places.update({plain(place): (_PLACE, area.id) for place in area.places})
        self._places.update({plain(phrase): (_NOWHERE, "") for phrase in not_places})
        longest_first = sorted(self._places, key=len, reverse=True) or ["(?!)"]
        self._pattern = re.compile(rf"\b(?:{'|'.join(longest_first)})\b")

    def __getitem__(self, area_id: str) -> Area:
        return self._areas[area_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._areas)

    def __len__(self) -> int:
        return len(self._areas)

    def around(self, area_id: str) -> Iterator[str]:
        """The area and every area it lies in, the smallest first; raises KeyError for an unknown id."""
        next_id: str | None = area_id
        while next_id is not None:
            area = self._areas[next_id]
            yield area.id
            next_id = area.parent

    def filling(self, role: str, area_id: str) -> str | None:
        """The id of the service that fills `role` in the area or the nearest area around it; None when none does."""
        return next((found for around in self.around(area_id) if (found := self[around].services.get(role))), None)

    def of(self, text: str) -> str | None:
        """The area id for the places named in `text`, or None.

        Whole words only, the longest name where names overlap ('Sefton Park' is Liverpool). A place counts for more
        than the name of its area, and a wide name least, so 'Bootle, Liverpool' is Sefton. When two areas are named
        with equal weight the answer is the smallest area around both, or None: nobody is sent to the wrong borough.
        """
        found = [self._places[match.group()] for match in self._pattern.finditer(plain(text))]
        weight = min((weight for weight, _ in found), default=_NOWHERE)
        ids = {area_id for w, area_id in found if w == weight}
        if weight == _NOWHERE:
            return None
        if weight != _PLACE:
            # 'Liverpool, England': an area named beside one inside it adds nothing.
            ids -= {around for i in ids for around in self.around(i) if around != i}
        return self._smallest_around(ids)

    def leading(self, text: str) -> str:
        """The place that `text` (in `plain` spelling) begins with, as it stands there; empty when it begins with none."""
        found = self._pattern.match(text)
        return found.group() if found is not None and self._places[found.group()][0] != _NOWHERE else ""

    def _smallest_around(self, ids: set[str]) -> str | None:
        first, *others = ids
        shared = [set(self.around(other)) for other in others]
        return next((area for area in self.around(first) if all(area in around for around in shared)), None)


def plain(text: str) -> str:
    """`text` as place names are compared: lower case, no apostrophes or full stops, hyphens as spaces, saint as st."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"['\u2019\u2018`.]", "", text)
    text = re.sub(r"[\W_]+", " ", text).strip()
    return re.sub(r"\bsaint\b", "st", text)
