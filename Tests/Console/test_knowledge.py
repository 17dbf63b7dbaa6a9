"""The knowledge base: searching, reading, adding."""


def test_a_question_finds_passages_that_lead_to_their_documents(agent, api):
    agent.go("#/knowledge")
    agent.type("[name=query]", "how do I get a refund")
    agent.click(".kb-search [type=submit]")
    agent.see("#kb-results .passages li")
    passages = agent.all("#kb-results .passages li")
    assert 0 < len(passages) <= 5
    agent.screenshot("knowledge")
    chunk = int(passages[0].get_attribute("data-chunk"))
    agent.click("#kb-results .passages li a")
    cited = agent.see("[aria-current=true]")
    assert int(cited.get_attribute("data-chunk")) == chunk
    document = int(agent.hash().split("/")[2].split("?")[0])
    text = next(one["text"] for one in api.chunks(document) if one["id"] == chunk)
    assert cited.find_element("css selector", ".passage-text").get_attribute("textContent") == text


def test_the_number_of_passages_is_the_reader_s(agent):
    agent.go("#/knowledge?q=invoice&k=10&mode=vector")
    agent.see("#kb-results .passages li")
    agent.settled()
    assert len(agent.all("#kb-results .passages li")) == 10
    assert agent.see("[name=mode]").get_attribute("value") == "vector"


def test_a_new_document_is_found_within_seconds(agent, unique):
    agent.go("#/knowledge")
    agent.click("#new-document")
    agent.type("[name=title]", f"Parking permits {unique}")
    agent.type("[name=text]", f"A parking permit costs 12 EUR a day. The word to quote at the barrier is {unique}.")
    agent.click("#add-document")
    agent.says(".document-page h1", unique)
    agent.click(".chunk-list summary")
    agent.says(".chunk-list .passage-text", unique)

    agent.go(f"#/knowledge?q=parking+permit+{unique}")

    def is_found():
        agent.click(".kb-search [type=submit]")
        agent.settled()
        return any(unique in words for words in agent.texts("#kb-results .passage-text"))

    agent.until(is_found, "the search finds the new document", patience_s=30)


def test_an_empty_document_is_refused_at_the_fields(agent):
    agent.expected_statuses = {400}
    agent.go("#/knowledge/new")
    agent.click("#add-document")
    agent.see(".field-error")
    assert {field.get_attribute("name") for field in agent.all("[aria-invalid=true]")} == {"title", "text"}
