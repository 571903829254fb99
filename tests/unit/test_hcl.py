"""HCL, the language of Terraform: its syntax with places, and what its expressions come to."""

from __future__ import annotations

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import WorldError
from iamsim.files.links import LED_OUTSIDE
from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions
from iamsim.importers.terraform.hcl.configured import Configured
from iamsim.importers.terraform.hcl.evaluate import evaluate
from iamsim.importers.terraform.hcl.values import plain
from iamsim.importers.unknown import Unknown, find_unknown
from iamsim.syntax.hcl.file import read_hcl
from iamsim.syntax.hcl.parse import parse_hcl, parse_template


def value_of(expression: str, before: str = "") -> object:
    """What an expression of a module comes to, as plain data."""
    text = f"{before}\nlocals {{\n  asked = {expression}\n}}\n"
    files = [read_hcl("main.tf", text)]
    root = Configured("", lambda _folder: files, {}).root
    attribute = root.files.locals["asked"]
    return plain(evaluate(attribute.value, root.scope()))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 == 7 && !false", True),
        ("-(2 - 5) % 2", 1),
        ("10 / 4", 2.5),
        ('"${1}-${true}-${1.5}"', "1-true-1.5"),
        ('"$${a} %%{b} \\n\\u00e9\\""', '${a} %{b} \né"'),
        ('[for k, v in {b = 1, a = 2} : "${k}${v}"]', ["a2", "b1"]),
        ("{for n in [1, 2, 3] : n => n * n if n > 1}", {"2": 4, "3": 9}),
        ('{for n in ["a", "b", "ab"] : length(n) => n...}', {"1": ["a", "b"], "2": ["ab"]}),
        ("[{a = 1}, {a = 2}][*].a", [1, 2]),
        ("[{a = [1]}, {a = [2]}].*.a", [[1], [2]]),
        ("null[*]", []),
        ('{a = {"b-c" = [1, 2]}}.a["b-c"][1]', 2),
        ("[1, 2].0", 1),
        ('true ? "a" : tonumber("x")', "a"),
        ('"%{ if true }y%{ else }n%{ endif }"', "y"),
        ('"%{ for n in [1, 2] ~} ${n}; %{ endfor ~} "', "1; 2; "),
        ('concat([1], ["a"], [])', [1, "a"]),
        ("merge({a = 1}, null, {b = 2}, {a = 3})", {"a": 3, "b": 2}),
        ('lookup({a = 1}, "b", 2)', 2),
        ('element(["a", "b"], 3)', "b"),
        ("flatten([[1, [2]], [], [3]])", [1, 2, 3]),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ('distinct(["b", "a", "b"])', ["b", "a"]),
        ('compact(["a", "", null])', ["a"]),
        ('coalesce(null, "", "x")', "x"),
        ("try(local.nothing.x, 5)", 5),
        ("can(local.nothing)", False),
        ('format("%s-%03d-%v-%%-%q", "a", 7, true, "b")', 'a-007-true-%-"b"'),
        ('formatlist("%s/*", ["a", "b"])', ["a/*", "b/*"]),
        ('join(",", ["a", "b"], ["c"])', "a,b,c"),
        ('split(",", "a,b")', ["a", "b"]),
        ('replace("a.b", ".", "-")', "a-b"),
        ('substr("hello", 1, 3)', "ell"),
        ('title("new york")', "New York"),
        ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
        ("range(1, 7, 3)", [1, 4]),
        ("setproduct([1, 2], [3])", [[1, 3], [2, 3]]),
        ("setunion([1], [2, 1])", [1, 2]),
        ('setsubtract(["a", "b"], ["a"])', ["b"]),
        ('contains(["a"], "a")', True),
        ("keys({b = 1, a = 2})", ["a", "b"]),
        ("values({b = 1, a = 2})", [2, 1]),
        ("slice([1, 2, 3], 1, 3)", [2, 3]),
        ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
        ("one([1])", 1),
        ("max(1, 3, 2) + min(4, 5) + abs(-1) + ceil(1.2) + floor(1.8)", 11),
        ("alltrue([true, false]) || anytrue([true, false])", True),
        ('transpose({a = ["x"]})', {"x": ["a"]}),
        ('jsondecode("{\\"a\\": [1, true]}")', {"a": [1, True]}),
        ("jsonencode({b = [1], a = null})", '{"b":[1],"a":null}'),
        ('yamldecode("a: [b]")', {"a": ["b"]}),
        ('trimprefix("abc", "a") == "bc" && startswith("abc", "ab")', True),
        ('base64decode(base64encode("x"))', "x"),
        ("max([1, 5, 3]...)", 5),
        ('index(["a", "b"], "b") + length("abc")', 4),
        ('sort(reverse(["b", "a"]))', ["a", "b"]),
        ('matchkeys(["x", "y"], ["a", "b"], ["b"])', ["y"]),
        ("sum([1, 2.5])", 3.5),
        ("1 /* a */ + 1 # b", 2),
    ],
)
def test_expressions_come_to_what_terraform_says(expression, expected):
    """One case of each construct and of most functions."""
    assert value_of(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "var.x",
        "local.nothing",
        "local.asked",
        "data.aws_ami.x.id",
        "module.x.y",
        "aws_iam_role.x.arn",
        "terraform.workspace",
        "timestamp()",
        'regex("a", "b")',
        "1 / 0",
        "[1][3]",
        '"a" + 1',
        'tonumber("x")',
        "range(1000000000)",
        "one([1, 2])",
        'file("/etc/passwd")',
        'file("../../../../etc/passwd")',
        "pow(10, 1000000)",
        "provider::aws::arn_parse(1)",
        'replace("a", "/a/", "b")',
        'format("%z", 1)',
    ],
)
def test_what_cant_be_evaluated_is_not_known_and_says_where(expression):
    """Nothing is guessed, and nothing fails."""
    found = value_of(expression)
    assert isinstance(found, Unknown)
    assert found.why
    assert found.source == "main.tf:3"


def test_only_the_unknown_part_of_a_document_is_not_known():
    """Texts and encoded values are read around what is not known in them."""
    before = 'variable "b" {}'
    text = (
        '"{\\"Statement\\": [{\\"Resource\\": \\"arn:aws:s3:::${var.b}/*\\", \\"Sid\\": \\"A\\"}]}"'
    )
    found = value_of(text, before)
    assert found == {
        "Statement": [{"Resource": Unknown("the variable `b`", "main.tf:1"), "Sid": "A"}]
    }
    encoded = 'jsonencode({Statement = [{Resource = ["a", "x${var.b}"], Sid = "A"}]})'
    assert value_of(encoded, before)["Statement"][0]["Resource"][0] == "a"
    assert find_unknown(value_of(encoded, before)) == Unknown("the variable `b`", "main.tf:1")
    assert value_of(f"jsondecode({encoded}).Statement[0].Sid", before) == "A"


def test_types_of_variables_convert_and_fill_in():
    """Defaults of optional attributes, sets without repetition, texts as numbers."""
    before = """
variable "v" {
  type    = object({ a = set(string), n = optional(number, 3), t = optional(string) })
  default = { a = ["y", "x", "y"], more = 1 }
}
"""
    assert value_of("var.v", before) == {"a": ["x", "y"], "n": 3, "t": None}


def test_heredocs_lose_their_common_indentation():
    """`<<-` takes it away; `<<` does not."""
    assert value_of("<<-EOT\n    a\n      b ${1}\n    EOT") == "a\n  b 1\n"
    assert value_of("<<EOT\n  a\nEOT") == "  a\n"


def test_places_are_those_of_the_text():
    """Characters count, not bytes."""
    body = parse_hcl('a = "é"\nb "x" {\n  c = [1, foo(2)]\n}\n', "f.tf")
    value = body.blocks[0].body.attributes["c"].value
    assert (value.span.line, value.span.column, value.span.text) == (3, 7, "[1, foo(2)]")
    assert body.blocks[0].labels == ("x",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = \n", 2),
        ('b "x {\n', 1),
        ("a = 1\na = 2\n", 2),
        ("a = [1,\n", 1),
        ("x\ny = {{\n", 1),
        ("a = " + "[" * 3_000 + "]" * 3_000, 1),
        ("a = " + "(" * 3_000 + "1" + ")" * 3_000, 1),
        ("a {\n" * 3_000 + "}\n" * 3_000, 65),
        ("a = " + "!" * 3_000 + "true", 1),
        ("a = 1" + " + 1" * 3_000, 1),
        ("\0", 1),
        ("a = 1\nb = \0\n", 2),
        ("a = \ud800", 1),
    ],
)
def test_hostile_texts_are_refused_with_their_place(text, line):
    """A clear error, in bounded time."""
    with pytest.raises(WorldError) as error:
        parse_hcl(text, "f.tf")
    assert error.value.code in ("invalid-hcl", "nested-too-deep")
    assert error.value.span is not None
    assert error.value.span.line == line


@pytest.mark.parametrize(
    ("first", "next_one"),
    [
        ("[1]", "[local.{0}, local.{0}]"),
        ("{{a = 1}}", "{{a = local.{0}, b = local.{0}}}"),
        ('"ab"', '"${{local.{0}}}${{local.{0}}}"'),
        ('"ab"', 'join("", [local.{0}, local.{0}])'),
        ('"ab"', 'format("%s%s", local.{0}, local.{0})'),
        ("[1]", "concat(local.{0}, local.{0})"),
        ("[[1]]", "flatten([[local.{0}], [local.{0}]])"),
        ("[1]", "jsonencode([local.{0}, local.{0}])"),
        ("[1, 2]", "setproduct(local.{0}, local.{0})"),
        ('"ab"', 'replace(local.{0}, "a", local.{0})'),
    ],
)
def test_values_that_grow_without_end_are_not_known(first, next_one):
    """Each local holds the one before it twice; the last would have more parts than atoms."""
    lines = [f"  v0 = {first.replace('{{', '{').replace('}}', '}')}"]
    lines += [f"  v{number} = {next_one.format(f'v{number - 1}')}" for number in range(1, 60)]
    found = value_of("local.v59", "locals {\n" + "\n".join(lines) + "\n}")
    assert find_unknown(found) is not None


def test_a_template_file_is_read_whole():
    """A file of a template is no heredoc."""
    value = parse_template("a ${x}\n%{ if y }z%{ endif }", "t")
    assert value.span.source.name == "t"


def imported(tmp_path, text, **more):
    """The world of a configuration, with the codes of what was remarked."""
    (tmp_path / "main.tf").write_text(text)
    for name, content in more.items():
        path = tmp_path / name.replace("__", "/").replace("_tf", ".tf")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    options = SourceOptions(account="111122223333")
    found = import_sources([str(tmp_path)], options=options)
    return found.data, [remark.code for remark in found.remarks]


POLICY = 'jsonencode({Statement = {Effect = "Allow", Action = "s3:*", Resource = "*"}})'


def test_an_unknown_number_is_said_and_nothing_is_certain(tmp_path):
    """One stands for all of them, and the world says that it does not list the others."""
    data, codes = imported(
        tmp_path,
        f"""
variable "users" {{ type = set(string) }}
resource "aws_iam_user" "all" {{
  for_each = var.users
  name     = each.key
}}
resource "aws_iam_user_policy" "all" {{
  for_each = var.users
  user     = aws_iam_user.all[each.key].name
  policy   = {POLICY}
}}
""",
    )
    assert codes.count("count-unknown") == 2
    assert "unlisted" in data


def test_a_module_that_is_not_here_is_said(tmp_path):
    """What it makes is not known."""
    text = 'module "x" {\n  source = "terraform-aws-modules/iam/aws"\n}\n'
    data, codes = imported(tmp_path, text + 'resource "aws_iam_user" "a" {\n  name = "a"\n}\n')
    assert "module-missing" in codes
    assert "unlisted" in data


def test_a_broken_file_makes_all_policies_of_the_configuration_doubtful(tmp_path):
    """What it held may concern all of them."""
    data, codes = imported(
        tmp_path,
        'resource "aws_iam_user" "a" {\n  name = "a"\n}\n'
        'resource "aws_iam_user_policy" "a" {\n  user = "a"\n  name = "p"\n'
        f"  policy = {POLICY}\n}}\n",
        other_tf="resource {{{",
    )
    assert "source-not-readable" in codes
    assert "unlisted" in data
    user = data["accounts"]["111122223333"]["users"]["a"]
    assert "unknown" in str(user["policies"])


def test_providers_are_handed_to_modules(tmp_path):
    """An alias says the account and the Region, and its tags are those of all it makes."""
    data, _ = imported(
        tmp_path,
        """
provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
  allowed_account_ids = ["444455556666"]
  default_tags { tags = { team = "a" } }
}
module "q" {
  source    = "./q"
  providers = { aws = aws.eu }
}
""",
        q__main_tf="""
resource "aws_sqs_queue" "q" {
  name = "jobs"
  tags = { own = "b" }
}
""",
    )
    resources = data["accounts"]["444455556666"]["resources"]
    assert resources["arn:aws:sqs:eu-west-1:444455556666:jobs"]["tags"] == {"team": "a", "own": "b"}


def test_modules_that_call_themselves_and_huge_counts_are_bounded(tmp_path):
    """A clear error instead of running on."""
    (tmp_path / "main.tf").write_text('module "me" {\n  source = "./"\n}\n')
    with pytest.raises(WorldError, match="modules"):
        import_sources([str(tmp_path)])
    (tmp_path / "main.tf").write_text(
        'resource "aws_iam_user" "a" {\n  count = 40000\n  name = "a"\n}\n'
        'resource "aws_iam_user" "b" {\n  count = 40000\n  name = "b"\n}\n'
    )
    with pytest.raises(WorldError, match="instances"):
        import_sources([str(tmp_path)])


def test_override_files_lie_over_the_others(tmp_path):
    """Their attributes replace those of the same block."""
    data, _ = imported(
        tmp_path,
        'resource "aws_iam_user" "a" {\n  name = "a"\n  path = "/x/"\n}\n',
        override_tf='resource "aws_iam_user" "a" {\n  name = "b"\n}\n',
    )
    assert data["accounts"]["111122223333"]["users"]["b"]["path"] == "/x/"


def test_a_policy_for_an_owner_that_is_not_known_is_in_doubt_everywhere(tmp_path):
    """Whom it is attached to may be any of them, in any file."""
    data, _ = imported(
        tmp_path,
        'variable "who" {}\n'
        'resource "aws_iam_role_policy" "p" {\n  name = "p"\n  role = var.who\n'
        f"  policy = {POLICY}\n}}\n",
        other_tf='resource "aws_iam_role" "r" {\n  name = "r"\n'
        f"  assume_role_policy = {POLICY}\n}}\n"
        'resource "aws_iam_user" "u" {\n  name = "u"\n}\n',
    )
    account = data["accounts"]["111122223333"]
    assert "unknown" in str(account["roles"]["r"]["policies"])
    assert "unknown" not in str(account["users"]["u"])


ROLE = 'resource "aws_iam_role" "r" {\n  name = "r"\n}\n'


@pytest.fixture
def configuration(tmp_path):
    """A folder with a file of HCL, and a file elsewhere."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "here" / "main.tf").write_text(ALLOW_ALL)
    (tmp_path / "there" / "role.tf").write_text(ROLE)
    return tmp_path / "here"


ALLOW_ALL = """\
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = jsonencode({ Statement = { Effect = "Allow", Action = "*", Resource = "*" } })
}
"""


def remarks_of(*paths):
    """What an import says of each file, and the roles that it found."""
    imported = import_sources(map(str, paths))
    told = {(remark.source.rpartition("/")[2], remark.message) for remark in imported.remarks}
    accounts = imported.data["accounts"].values()
    roles = [name for account in accounts for name in account.get("roles", ())]
    return told, roles, "unknown" in imported.data


@pytest.mark.parametrize("given", ["", "main.tf"])
def test_a_link_out_of_the_repository_is_not_followed(configuration, given, capsys):
    """Found in a folder or beside a file, it is told by `import` and `validate`; inside of the
    repository it is followed, as Terraform does."""
    (configuration / "other.tf").symlink_to("../there/role.tf")
    told, roles, _ = remarks_of(configuration / given if given else configuration)
    assert any(file == "other.tf" and LED_OUTSIDE in message for file, message in told)
    assert not roles
    assert main(["validate", str(configuration / given)]) == 2
    assert LED_OUTSIDE in capsys.readouterr().err
    (configuration.parent / ".git").mkdir()
    told, roles, _ = remarks_of(configuration / given if given else configuration)
    assert not any(LED_OUTSIDE in message for _, message in told)
    assert roles == ["r"]


def test_an_empty_file_may_have_lost_what_it_said(configuration):
    """It is remarked, and the world says that something is lost."""
    (configuration / "more.tf").write_text("\n")
    told, _, _ = remarks_of(configuration)
    assert ("more.tf", "the file is empty") in told


def test_a_file_beside_that_can_not_be_read_is_told(configuration, capsys):
    """Whoever asks about one file hears of the broken one that belongs to it."""
    (configuration / "broken.tf").write_bytes(b"\xff")
    assert main(["validate", str(configuration / "main.tf")]) == 2
    assert "broken.tf" in capsys.readouterr().err
