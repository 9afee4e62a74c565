import pytest

from depot.permissions import Denied, Guest, Role, Token, User, covers, load_roles


@pytest.mark.parametrize(
    "granted, wanted, expected",
    [
        ("*", "orders:read", True),
        ("orders:*", "orders:write", True),
        ("orders:read", "orders:read", True),
        ("orders:read", "orders:write", False),
        ("orders:*", "stock:read", False),
        ("orders", "orders:read", False),
    ],
)
def test_covers(granted, wanted, expected):
    assert covers(granted, wanted) is expected


@pytest.fixture
def roles():
    return load_roles(
        {
            "manager": {"grants": ["invoices:*"], "inherits": ["clerk"]},
            "clerk": {"grants": ["orders:read", "orders:write"], "inherits": ["viewer"]},
            "viewer": {"grants": ["catalog:read"]},
            "admin": {"grants": ["*"]},
        }
    )


def test_roles_inherit_at_any_depth(roles):
    assert roles["manager"].allows("catalog:read")
    assert roles["manager"].allows("invoices:delete")
    assert not roles["viewer"].allows("orders:read")
    assert not roles["clerk"].allows("invoices:read")


def test_inheriting_changes_no_parent(roles):
    roles["manager"].all_grants()
    assert roles["viewer"].grants == {"catalog:read"}
    assert roles["manager"].grants == {"invoices:*"}


def test_circles_are_harmless():
    a, b = Role("a", ["x:read"]), Role("b", ["y:read"])
    a.parents.append(b)
    b.parents.append(a)
    assert a.all_grants() == b.all_grants() == {"x:read", "y:read"}


def test_asking_twice_gives_the_same(roles):
    assert roles["manager"].all_grants() == roles["manager"].all_grants()
    assert roles["manager"].allows("catalog:read")


def test_unknown_parent():
    with pytest.raises(KeyError, match="unknown 'boss'"):
        load_roles({"clerk": {"inherits": ["boss"]}})


def test_user_has_all_roles(roles):
    user = User("ada", [roles["viewer"], roles["clerk"]])
    assert user.may("orders:write")
    assert user.may("catalog:read")
    assert not user.may("invoices:read")


def test_denied_wins(roles):
    user = User("bob", [roles["admin"]], denied=["orders:*"])
    assert not user.may("orders:read")
    assert user.may("stock:read")


def test_inactive_users_may_nothing(roles):
    assert not User("eve", [roles["admin"]], active=False).may("catalog:read")


def test_require(roles):
    user = User("ada", [roles["viewer"]])
    user.require("catalog:read")
    with pytest.raises(Denied, match="ada may not orders:read"):
        user.require("orders:read")


def test_guest():
    guest = Guest()
    assert guest.may("catalog:read")
    assert not guest.may("catalog:write")
    assert not guest.may("orders:read")
    assert guest.name == "guest"
    assert Guest(["news"]).may("news:read")
    with pytest.raises(Denied):
        guest.require("orders:read")


def test_token_is_limited_by_scope_and_owner(roles):
    owner = User("ada", [roles["clerk"]], denied=["orders:write"])
    token = Token(owner, ["orders:*", "invoices:*"])
    assert token.may("orders:read")
    assert not token.may("orders:write")
    assert not token.may("invoices:read")
    assert not token.may("catalog:read")
    assert token.name == "ada (token)"


def test_token_follows_its_owner(roles):
    owner = User("ada", [roles["clerk"]])
    token = Token(owner, ["*"])
    assert token.may("orders:read")
    owner.active = False
    assert not token.may("orders:read")


def test_token_runs_out(roles):
    token = Token(User("ada", [roles["clerk"]]), ["*"], uses=2)
    token.require("orders:read")
    assert token.may("orders:read")
    token.require("orders:read")
    assert not token.may("orders:read")
    with pytest.raises(Denied):
        token.require("orders:read")


def test_refused_use_is_not_counted(roles):
    token = Token(User("ada", [roles["viewer"]]), ["*"], uses=1)
    with pytest.raises(Denied):
        token.require("orders:read")
    token.require("catalog:read")
    assert token.uses_left == 0
