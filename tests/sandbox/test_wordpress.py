"""The sandbox's WordPress: posts over REST, and the pages that readers get."""

from collections.abc import Iterator

import httpx
import pytest

USER = ("byline", "sand boxx pass word")
TEXT = '<p>Read <a href="https://shop.example.com/" rel="sponsored">this shop</a> first.</p>'


@pytest.fixture
def wordpress(control, sandbox_process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox_process.url}/wordpress", auth=USER) as http:
        yield http


POSTS = "/wp-json/wp/v2/posts"


def add(wordpress, **given):
    body = {"title": "My Bed", "content": TEXT, "status": "publish"} | given
    return wordpress.post(POSTS, json=body).raise_for_status().json()


def test_a_published_post_has_a_page(wordpress, control):
    post = add(wordpress)

    assert post["slug"] == "my-bed"
    page = httpx.get(post["link"])
    assert page.status_code == 200
    assert TEXT in page.text
    assert control.get("/state")["posts"] == 1
    (call,) = control.calls(service="wordpress", operation="posts.create")
    assert (call["status"], call["work_done"], call["result_id"]) == (201, True, str(post["id"]))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_update_changes_what_it_names(wordpress, method):
    post = add(wordpress)

    changed = wordpress.request(method, f"{POSTS}/{post['id']}", json={"title": "Other"}).json()

    assert changed["title"]["raw"] == "Other"
    assert (changed["slug"], changed["link"]) == (post["slug"], post["link"])
    assert changed["content"] == post["content"]


def test_a_slug_that_is_taken_gets_a_number(wordpress):
    assert [add(wordpress)["slug"] for _ in range(3)] == ["my-bed", "my-bed-2", "my-bed-3"]


def test_posts_are_found_by_slug_and_status_drafts_by_editors_only(wordpress):
    draft = add(wordpress, status="draft", slug="hidden")
    add(wordpress, slug="shown")
    address = str(wordpress.base_url) + POSTS.lstrip("/")

    anyone = httpx.get(address).json()
    editors = wordpress.get(POSTS, params={"slug": "hidden", "status": "any"}).json()
    refused = httpx.get(address, params={"status": "any"})

    assert [post["slug"] for post in anyone] == ["shown"]
    assert "raw" not in anyone[0]["content"]
    assert [post["id"] for post in editors] == [draft["id"]]
    assert refused.status_code == 401
    assert wordpress.get("/hidden/").status_code == 404


def test_a_trashed_post_is_gone_and_its_slug_free(wordpress):
    post = add(wordpress)

    wordpress.delete(f"{POSTS}/{post['id']}").raise_for_status()

    assert wordpress.get(POSTS, params={"status": "any"}).json() == []
    assert httpx.get(post["link"]).status_code == 404
    assert add(wordpress)["slug"] == "my-bed"


def test_a_contributors_post_waits_for_an_editor(wordpress):
    body = {"title": "Mine", "status": "publish"}

    post = wordpress.post(POSTS, json=body, auth=("contributor", USER[1])).json()

    assert post["status"] == "pending"
    assert httpx.get(post["link"]).status_code == 404


def test_a_password_counts_with_and_without_its_spaces(wordpress):
    answer = wordpress.post(POSTS, json={"title": "x"}, auth=("byline", "sandboxxpassword"))

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("byline", "wrong", "incorrect_password"),
        ("nobody", USER[1], "invalid_username"),
    ],
)
def test_who_may_not_write_is_refused(wordpress, control, user, password, code):
    answer = wordpress.post(POSTS, json={"title": "x"}, auth=(user, password))

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.json()["data"] == {"status": 401}
    assert control.get("/state")["posts"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "rest_invalid_json"),
        (b'{"title": "x", "status": "live"}', "rest_invalid_param"),
        (b'{"status": "publish"}', "empty_content"),
    ],
)
def test_what_wordpress_would_refuse_is_refused(wordpress, body, code):
    answer = wordpress.post(POSTS, content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_unknown_posts_and_routes_are_told_apart(wordpress):
    assert wordpress.get(f"{POSTS}/99").json()["code"] == "rest_post_invalid_id"
    assert wordpress.get("/wp-json/wp/v2/media").json()["code"] == "rest_no_route"


def test_a_page_is_no_post_and_readers_find_both(wordpress):
    page = wordpress.post("/wp-json/wp/v2/pages", json={"title": "About", "status": "publish"})

    assert page.json()["type"] == "page"
    assert wordpress.get(POSTS).json() == []
    assert wordpress.get(f"{POSTS}/{page.json()['id']}").json()["code"] == "rest_post_invalid_id"
    assert httpx.get(page.json()["link"]).status_code == 200


@pytest.mark.parametrize(
    ("bad", "there", "gone"),
    [
        ("noindex", "noindex", "max-image-preview"),
        ("no_link", "Read this shop first", '<a href="https://shop'),
        ("wrong_rel", 'rel="noopener"', "sponsored"),
        ("wrong_anchor", "click here", "this shop"),
        ("link_twice", "this shop</a> and <a", "click here"),
    ],
)
def test_a_bad_page_is_spoilt_as_told_and_the_post_is_not(wordpress, control, bad, there, gone):
    post = add(wordpress)
    control.knob(service="wordpress", operation="page", bad_page=bad, times=1)

    page = httpx.get(post["link"]).text

    assert there in page
    assert gone not in page
    assert TEXT in httpx.get(post["link"]).text


def test_noindex_may_come_in_the_header(wordpress, control):
    post = add(wordpress)
    control.knob(service="wordpress", bad_page=["noindex_header"])

    assert httpx.get(post["link"]).headers["x-robots-tag"] == "noindex"


def test_an_unknown_bad_page_is_refused(control):
    answer = control.http.post("/control/knobs", json={"service": "wordpress", "bad_page": "ugly"})

    assert answer.status_code == 400
    assert "noindex_header" in answer.json()["error"]


def test_a_knob_drops_the_reply_and_the_post_is_there(wordpress, control):
    control.knob(service="wordpress", operation="posts.create", drop_reply=True, times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        add(wordpress)

    assert len(wordpress.get(POSTS).json()) == 1


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("a beginner's guide", "a beginner&#8217;s guide"),
        ("the \"best\" 'oak' beds", "the &#8220;best&#8221; &#8216;oak&#8217; beds"),
        ("beds -- a guide - soon...", "beds &#8212; a guide &#8211; soon&#8230;"),
        ("a--b", "a&#8211;b"),
        ('boards of 4x8 and 6"', "boards of 4&#215;8 and 6&#8243;"),
        ("Bed (tm) for Wordpress", "Bed &#8482; for WordPress"),
        ('<code>a -- "b"</code>', '<code>a -- "b"</code>'),
    ],
)
def test_the_page_has_typographic_signs_and_the_post_has_not(wordpress, stored, shown):
    post = add(wordpress, content=f"<p>{stored}</p>")

    assert f"<p>{shown}</p>" in httpx.get(post["link"]).text
    assert post["content"]["raw"] == f"<p>{stored}</p>"
