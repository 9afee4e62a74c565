import pytest

from depot.expr import FormulaError, Node, calculate, parse, simplify, tokenize, variables


def test_tokens():
    tokens = [(token.kind, token.text, token.position) for token in tokenize("qty >= 1.5*(a)")]
    assert tokens == [
        ("name", "qty", 0),
        ("op", ">=", 4),
        ("number", "1.5", 7),
        ("op", "*", 10),
        ("op", "(", 11),
        ("name", "a", 12),
        ("op", ")", 13),
        ("end", "", 14),
    ]


def test_keywords_are_operators():
    assert [token.kind for token in tokenize("not android")] == ["op", "name", "end"]


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 2", 5),
        ("7 % 4 * 2", 6),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("-2 ** 2", -4),
        ("-3 + 5", 2),
        ("2 * -3", -6),
        ("--4", 4),
        ("+5", 5),
        (".5 + .25", 0.75),
        ("1 - -1", 2),
        ("2 * 3 ** 2", 18),
    ],
)
def test_arithmetic(text, value):
    assert calculate(text) == value


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 < 2", True),
        ("2 <= 2", True),
        ("3 != 3", False),
        ("1 + 1 == 2", True),
        ("not 1 == 2", True),
        ("not 0 and 1", 1),
        ("1 or 0 and 0", 1),
        ("0 or 3", 3),
        ("not (1 or 0)", False),
        ("1 > 2 or 2 > 1", True),
    ],
)
def test_logic(text, value):
    assert calculate(text) == value


def test_names():
    assert calculate("price * qty", price=2.5, qty=4) == 10
    with pytest.raises(NameError, match="unknown name 'qty'"):
        calculate("qty")


@pytest.mark.parametrize("qty, price", [(5, 0), (11, 0.5), (30, 10)])
def test_discount_formula(qty, price):
    assert calculate("max(qty - 10, 0) * 0.5 if qty > 10 else 0", qty=qty) == price


def test_conditions_nest_to_the_right():
    text = "1 if a > 10 else 2 if a > 5 else 3"
    assert [calculate(text, a=a) for a in (11, 6, 1)] == [1, 2, 3]


def test_only_what_is_needed_is_worked_out():
    assert calculate("1 / a if a else 0", a=0) == 0
    assert calculate("a and 1 / a", a=0) == 0
    assert calculate("1 or 1 / 0") == 1


@pytest.mark.parametrize(
    "text, value",
    [("min(3, 1, 2)", 1), ("abs(-4)", 4), ("round(2.567, 2)", 2.57), ("max(1, 2) * max(3, 4)", 8)],
)
def test_functions(text, value):
    assert calculate(text) == value


def test_unknown_function():
    with pytest.raises(NameError, match="unknown function"):
        calculate("exec(1)")


@pytest.mark.parametrize(
    "text, position",
    [
        ("1 +", 3),
        ("1 $ 2", 1),
        ("(1", 2),
        ("1 2", 2),
        ("max(1", 5),
        ("", 0),
        ("* 3", 0),
        ("1 if 2", 6),
        ("f(1,)", 4),
    ],
)
def test_errors_say_where(text, position):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.position == position


def test_variables():
    assert variables(parse("max(a, b) * 2 if c else -d")) == {"a", "b", "c", "d"}
    assert variables(parse("1 + 2")) == set()


def test_tree():
    assert parse("a + 2 * b") == Node(
        "+", (Node("name", ("a",)), Node("*", (2, Node("name", ("b",)))))
    )


@pytest.mark.parametrize(
    "text, simpler",
    [
        ("2 * 3 + a", "6 + a"),
        ("a * 1", "a"),
        ("1 * a", "a"),
        ("0 + a", "a"),
        ("a + 0", "a"),
        ("a - 0", "a"),
        ("a * 0", "0"),
        ("0 - a", "0 - a"),
        ("f(1 + 1, a * 1)", "f(2, a)"),
        ("1 / 0", "1 / 0"),
        ("-(2 * 3)", "0 - 6"),
    ],
)
def test_simplify(text, simpler):
    assert simplify(parse(text)) == simplify(parse(simpler))


def test_simplify_really_simplifies():
    assert simplify(parse("(1 + 2) * 3")) == 9
    assert simplify(parse("a * 1 + 0")) == Node("name", ("a",))
    assert simplify(parse("1 - 1 + a")) == Node("name", ("a",))
    assert simplify(parse("0 - a")) == Node("-", (0, Node("name", ("a",))))
    assert simplify(parse("1 * 2 if 3 > 2 else a")) == Node("if", (True, 2, Node("name", ("a",))))
