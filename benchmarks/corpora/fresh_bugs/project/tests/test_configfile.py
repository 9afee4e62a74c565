import pytest

from depot.configfile import Config, ConfigError, parse, render

TEXT = """\
# shipping desk
base = /srv/depot          ; everything is below
Debug = Yes

[ Mail ]
host = mail.example
sender = "desk # 4"
copies = a@example,
    b@example
footer = ${default:base}/footer.txt

[log]
file = ${base}/log/${name}.txt
name = ${default:short}
limit = 1.5 MB
colour = #ff0000 # red
"""


@pytest.fixture
def config():
    return parse(TEXT + "\n[short]\n")


def test_values(config):
    assert config.get("mail", "host") == "mail.example"
    assert config.get("mail", "HOST") == "mail.example"
    assert config.get("mail", "port") is None
    assert config.get("mail", "port", "25") == "25"


def test_defaults_hold_in_every_section(config):
    assert config.get("log", "base") == "/srv/depot"
    assert config.get("nowhere", "base") == "/srv/depot"


def test_comments(config):
    assert config.get("default", "base") == "/srv/depot"
    assert config.get("mail", "sender") == "desk # 4"


def test_a_mark_inside_a_word_is_no_comment():
    assert parse("a = b#c;d").get("default", "a") == "b#c;d"


def test_a_value_that_is_all_comment():
    assert parse("a = # nothing").get("default", "a") == ""


def test_continued_lines(config):
    assert config.get_list("mail", "copies") == ["a@example", "b@example"]


def test_a_value_on_the_next_line():
    assert parse("a =\n  one\n  two\nb = 3").sections == {"default": {"a": "one\ntwo", "b": "3"}}


def test_an_empty_line_ends_a_value():
    with pytest.raises(ConfigError, match="line 3"):
        parse("a = 1\n\n  2")


def test_comment_lines_do_not_end_a_value():
    assert parse("a = 1,\n# note\n  2").get_list("default", "a") == ["1", "2"]


def test_references(config):
    assert config.get("mail", "footer") == "/srv/depot/footer.txt"


def test_references_look_in_the_section_first():
    config = parse("name = all\npath = ${name}!\n[a]\nname = own\nfull = <${name}>")
    assert config.get("a", "full") == "<own>"
    assert config.get("a", "path") == "own!"
    assert config.get("b", "path") == "all!"


def test_unknown_reference(config):
    with pytest.raises(ConfigError, match="unknown reference"):
        config.get("log", "file")


@pytest.mark.parametrize("text", ["a = ${a}", "a = ${b}\nb = x${a}"])
def test_circular_reference(text):
    with pytest.raises(ConfigError, match="circular"):
        parse(text).get("default", "a")


def test_a_reference_used_twice_is_no_circle():
    assert parse("a = ${b}${b}\nb = x").get("default", "a") == "xx"


@pytest.mark.parametrize(
    "text, value", [("yes", True), ("TRUE", True), ("on", True), ("0", False), ("No", False)]
)
def test_bool(text, value):
    assert parse(f"a = {text}").get_bool("default", "a", not value) is value


def test_bool_default_and_error(config):
    assert config.get_bool("mail", "debug") is True
    assert config.get_bool("mail", "missing", True) is True
    with pytest.raises(ConfigError, match="neither yes nor no"):
        config.get_bool("mail", "host")


@pytest.mark.parametrize(
    "text, size",
    [("17", 17), ("64k", 65536), ("1.5 MB", 1572864), ("2 Gb", 2 * 1024**3), ("10b", 10)],
)
def test_bytes(text, size):
    assert parse(f"a = {text}").get_bytes("default", "a") == size


def test_bytes_default_and_error(config):
    assert config.get_bytes("log", "nothing", 7) == 7
    with pytest.raises(ConfigError):
        config.get_bytes("mail", "host")


def test_as_dict():
    config = parse("a = 1\nb = 2\n[s]\nb = 3\nc = ${a}${b}")
    assert config.as_dict("s") == {"a": "1", "b": "3", "c": "13"}


@pytest.mark.parametrize(
    "text, line", [("a = 1\nnonsense", 2), ("[s]\na=1\nA = 2", 3), ("\n\n = 3", 3)]
)
def test_errors_say_where(text, line):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.line == line


def test_the_same_key_in_two_sections():
    config = parse("[a]\nx = 1\n[b]\nx = 2\n[a]\ny = 3")
    assert config.sections == {"a": {"x": "1", "y": "3"}, "b": {"x": "2"}}


def test_values_may_hold_equal_signs():
    assert parse("query = a=b&c=d").get("default", "query") == "a=b&c=d"


def test_a_config_copies_what_it_is_given():
    values = {"a": {"x": "1"}}
    config = Config(values)
    config.sections["a"]["x"] = "2"
    assert values == {"a": {"x": "1"}}


def test_render_there_and_back():
    config = Config({"default": {"a": " padded ", "b": "x # y"}, "s": {"list": "1\n2\n3", "e": ""}})
    assert parse(render(config)).sections == config.sections
    assert "\n    2\n" in render(config)
