from dataclasses import replace

from scripts.foundry.card import CODES, Origin, card

ORIGIN = Origin(steps=905, checkpoint_sha256="ab" * 32, weights=1_616_881, classes=7705)
FIGURES = {
    "limits": ["Vertical text."],
    "precisions": {
        p: {
            "sources": {"plate_cn": {"n": 150, "exact": exact, "case": None, "cer": 0.02}},
            "summary": {"headline": {"exact": exact, "cer": 0.03}, "against": {"lost": 3, "gained": 1}},
        }
        for p, exact in (("fp16", 0.9533), ("int8", 0.9467))
    },
    "confusions": [["|", "l", 12], ["", ".", 7]],
    "speed": [["fp16", 112, 9.5], ["int8", 112, 4.75], ["int8", 320, 10.5]],
    "speed_on": "one thread",
}


def test_a_card_without_figures_says_only_what_is_known() -> None:
    """No empty table and no invented figure: what it is, where it is from, and whose it is."""
    text = card("crnn-zh-en", ORIGIN, {})
    assert text.startswith("# crnn-zh-en\n")
    assert "7,705 classes" in text
    assert "1,616,881 weights" in text
    assert "ab" * 32 in text
    assert "PaddleOCR" in text
    assert "Apache-2.0" in text
    assert "|" not in text


def test_a_card_says_where_its_own_model_is_from() -> None:
    """What is wholly ours names nobody else, and carries its figures in the same tables."""
    text = card("crnn-codes", replace(ORIGIN, words=CODES), FIGURES | {"told": {"wire_markers": {"n": 287, "told": 0.97561, "apart": 11}}})
    assert text.startswith("# crnn-codes\n")
    assert "PaddleOCR" not in text
    assert "| wire_markers | 287 | 0.976 | 11 |" in text
    assert "ab" * 32 in text
    assert "| plate_cn | 150 | 0.953 | 0.020 | 0.947 | 0.020 |" in text


def test_every_figure_that_is_handed_in_stands_in_the_card() -> None:
    """Precisions stand side by side; a bar cannot break a table, and nothing at all has a name."""
    text = card("crnn-zh-en", ORIGIN, FIGURES)
    assert "* Vertical text." in text
    assert "| plate_cn | 150 | 0.953 | 0.020 | 0.947 | 0.020 |" in text
    assert "| **headline** |  | 0.953 | 0.030 | 0.947 | 0.030 |" in text
    assert "lost" not in text
    assert "| `\\|` | `l` | 12 |" in text
    assert "| nothing | `.` | 7 |" in text
    assert "| 112 | 9.50 | 4.75 |" in text
    assert "| 320 |  | 10.50 |" in text
