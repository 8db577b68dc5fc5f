"""Which properties of a TrackFlow event have a column, by the type of the event.

The numbers are what the column of the store can hold; what does not fit stays a property.
"""

from desirepath.formats.properties import Column

_PAGE = {
    "title": Column("title", str),
    "section": Column("section", str),
    "viewportW": Column("viewport_w", int),
    "viewportH": Column("viewport_h", int),
    "documentW": Column("document_w", int),
    "documentH": Column("document_h", int),
}
_SIGNED = -(2**31)
COLUMNS: dict[str, dict[str, Column]] = {
    "page_view": _PAGE,
    "click": _PAGE
    | {
        "tag": Column("element_tag", str),
        "id": Column("element_id", str),
        "elementKey": Column("element_key", str),
        "type": Column("element_type", str),
        "text": Column("element_text", str),
        "href": Column("element_href", str),
        "action": Column("element_action", str),
        "value": Column("element_value", str),
        "x": Column("x", int, _SIGNED),
        "y": Column("y", int, _SIGNED),
        "screenX": Column("screen_x", int, _SIGNED),
        "screenY": Column("screen_y", int, _SIGNED),
        "elementX": Column("element_x", int, _SIGNED),
        "elementY": Column("element_y", int, _SIGNED),
        "rx": Column("rx", int, 0, 65535),
        "ry": Column("ry", int, 0, 65535),
        "scrollX": Column("scroll_x", int),
        "scrollY": Column("scroll_y", int),
        "fixed": Column("fixed", bool),
        "scrollContainer": Column("scroll_container", str),
        "layoutSignature": Column("layout_signature", str),
        "firstResponseMs": Column("first_response_ms", int),
        "responseKind": Column("response_kind", str),
        "workflowId": Column("workflow_id", str),
        "agentId": Column("agent_id", str),
        "previousClick": Column("previous_click", str),
        "timeFromPrevious": Column("time_from_previous", float, 0, 1e15),
    },
    "error": {
        "name": Column("error_name", str),
        "message": Column("error_message", str),
        "source": Column("error_source", str),
        "line": Column("error_line", int, 0, 2**53),
        "col": Column("error_col", int, 0, 2**53),
        "stack": Column("error_stack", str),
    },
    "performance": {
        "loadTime": Column("load_ms", float, 0, 1e12),
        "domContentLoaded": Column("dom_content_loaded_ms", float, 0, 1e12),
    },
}
