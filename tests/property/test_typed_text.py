"""Laws of texts of HCL that somebody types: each is read as if it had been read alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.errors import WorldError
from iamsim.syntax.hcl.parse import parse_hcl
from iamsim.syntax.hcl.typed import TypedText

BEGINNING = """\
variable "team" {
  default = "blå"
}
locals {
  all = { for one in ["a", "b"] : one => "${upper(one)}-${var.team}" }
}
resource "aws_iam_policy" "read" {
  name   = "read"
  policy = <<-EOT
    {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "${local.all["a"]}"}]}
  EOT
}
data "aws_iam_policy_document" "x" {
  statement { # of one
    actions = ["s3:GetObject"]
  }
}
"""
BITS = (
    *('"', "${", "}", "{", "[", "]", "%{ if a }", "%{ endif }", "$${", "\\", "\n", "\r\n", " "),
    *("EOT", "  EOT\n", "<<EOT\n", "<<-X\n", "#", "/*", "*/", "=", ",", "a", "b = 1\n", "é", "🔑"),
)
edits = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 12), st.lists(st.sampled_from(BITS), max_size=3)),
    min_size=1,
    max_size=8,
)


def told(text: str, typed: TypedText | None = None) -> str:
    """What reading a text gives: the tree with its places, or the error."""
    try:
        return repr(parse_hcl(text, "main.tf", typed))
    except WorldError as error:
        return f"{error.code} {error.message} {error.span}"


@given(edits)
def test_what_is_typed_is_read_as_if_it_stood_there_alone(edits):
    """The tree, its places and the errors, whatever was typed before."""
    typed = TypedText()
    text = BEGINNING
    assert told(text, typed) == told(text)
    for place, gone, bits in edits:
        at = min(place, len(text))
        text = text[:at] + "".join(bits) + text[at + gone :]
        assert told(text, typed) == told(text)
