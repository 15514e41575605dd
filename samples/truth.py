"""What stands on the sample pages, as it is printed; the generator draws it, tests compare it."""

from typing import Final

# Rows of a page, from the top; columns and cells are drawn apart and read as they stand here.
LETTER_PAGE_1: Final = (
    "Harbour Water Works",
    "14 Quay Street, Port Ellery",
    "Port Ellery, 3 March 2024",
    "Reference HW-2207/24",
    "Dear Mr Ostrander,",
    "thank you for your letter of 19 February, in which you asked why the",
    "pressure in your building fell on two evenings of that week. Our crew",
    "found a leaking valve at the corner of Mill Lane and closed it the same",
    "night. The pipe behind it was laid in 1958 and has now been replaced",
    "over a length of 36 metres.",
    "The work took longer than planned because the ground was wet. During",
    "the repair the supply came through the northern main, which is narrower.",
    "That is why the upper floors had little water between 6 and 9 o'clock.",
    "Since 28 February the pressure stands at 4.2 bar again, as before.",
    "We have written off the fee for the second quarter, 31.50 in all. You",
    "need not do anything; the amount is missing from your next bill.",
    "Should the pressure fall again, please call 555 0142 at any hour.",
    "Yours sincerely,",
    "Helena Brandt",
    "Head of Operations",
)

COLUMN_HEADING: Final = "What Our Meters Tell Us"
LEFT_COLUMN: Final = (
    "Every house in the old town",
    "has a meter in its cellar, and",
    "until last year somebody had",
    "to walk down the stairs to",
    "read it. The round took nine",
    "weeks with four people, and",
    "one reading in twelve had to",
    "be repeated because a digit",
    "was hard to see in the dark.",
    "The new meters send their",
    "count by radio once a day.",
    "A car that drives along the",
    "street collects two hundred",
    "of them in a few minutes.",
)
RIGHT_COLUMN: Final = (
    "What surprised us most was",
    "the water that nobody uses.",
    "Between two and four in the",
    "morning the town should be",
    "asleep, and yet the meters",
    "counted 11 litres a second.",
    "A dripping tap loses twenty",
    "litres a day; a running tank",
    "loses a thousand. We wrote to",
    "the owners of 340 houses and",
    "explained how to find a leak",
    "with a drop of ink. Within a",
    "month the night flow fell to",
    "seven litres a second.",
)

TABLE_HEADING: Final = "Materials Used on Mill Lane"
TABLE: Final = (
    ("Item", "Quantity", "Unit price", "Total"),
    ("Steel pipe", "36", "48.00", "1728.00"),
    ("Gate valve", "2", "215.50", "431.00"),
    ("Rubber seal", "24", "1.75", "42.00"),
    ("Gravel", "9", "33.20", "298.80"),
    ("Copper fitting", "6", "12.40", "74.40"),
    ("Warning tape", "4", "5.95", "23.80"),
    ("Asphalt", "3", "126.00", "378.00"),
)
TABLE_FOOTING: Final = "Checked and approved on 1 March 2024, H. Brandt"

LETTER: Final = (
    LETTER_PAGE_1,
    (COLUMN_HEADING, *LEFT_COLUMN, *RIGHT_COLUMN),
    (TABLE_HEADING, *(" ".join(row) for row in TABLE), TABLE_FOOTING),
)

REPORT: Final = (
    (
        "Survey of the Northern Breakwater",
        "Summary",
        "The breakwater was inspected on 11 and 12 May 2024 at low tide. Of its",
        "318 blocks, 301 are sound, 14 show cracks of less than 5 mm, and three",
        "have moved towards the harbour by up to 40 cm since the survey of 2019.",
        "Method",
        "Each block was photographed from the water and measured from the crest.",
        "Two divers looked at the foot of the wall between marks 120 and 180,",
        "where the current is strongest. Visibility was about six metres.",
    ),
    (
        "Findings",
        "The three blocks that moved are numbers 133, 134 and 141. The gravel bed",
        "below them has been washed out over a width of two metres. No other part",
        "of the bed is affected, and the lamp at the head stands upright.",
        "Recommendation",
        "Refill the bed before the autumn storms, at an estimated cost of 58,000.",
        "Repeat the survey of blocks 120 to 150 every spring, and of the whole",
        "breakwater every five years.",
    ),
)
REPORT_HEADINGS: Final = frozenset(
    {"Survey of the Northern Breakwater", "Summary", "Method", "Findings", "Recommendation"}
)

NOTE: Final = (
    (
        "MEETING ON FRIDAY",
        "10:30 in room 207",
        "Bring the keys of the pump house",
        "and last week's pressure charts.",
        "Lunch: soup, bread, 12 apples",
        "Call Marta about the new valve",
        "before Thursday, extension 4415",
    ),
)
