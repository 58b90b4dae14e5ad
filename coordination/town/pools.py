"""The names, tongues and streets of the town. Everybody in it is invented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Community:
    """People who share a naming tradition. `native` holds a few names as their bearers write them."""

    weight: int
    language: str  # BCP-47
    race: tuple[str, ...]
    families: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    needs_interpreter: float = 0.0
    family_first: bool = False
    native: tuple[tuple[str, str], ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMMUNITIES = [
    Community(
        34,
        "en",
        ("white",),
        _words(
            "Abbott Baker Brandt Calloway Carver Dunn Ellis Fletcher Garrett Hollis Hughes Jarvis Keller Lindqvist Lowell Marsh "
            "McAllister Mercer Novak O'Brien Pruitt Quinn Rourke Sawyer Schaefer Sutter Thornton Vance Whitaker Yates Zeller"
        ),
        _words(
            "Alice Barbara Carol Deborah Donna Eleanor Frances Gail Helen Irene Joyce Judith Karen Linda Marjorie Nancy Patricia "
            "Rose Ruth Sandra Theresa Wanda"
        ),
        _words(
            "Albert Carl Dale Donald Earl Frank Gary Harold James Karl Larry Leonard Martin Norman Paul Ralph Raymond Roger "
            "Stanley Thomas Walter Wayne"
        ),
    ),
    Community(
        18,
        "en",
        ("black",),
        _words(
            "Banks Battle Bell Booker Broadnax Dorsey Freeman Gaines Hairston Jefferson Lyles Mosley Pettway Pinkney Rawls "
            "Singletary Tubbs Washington Whitfield Winbush"
        ),
        _words(
            "Alma Bernice Charlene Denise Ernestine Gloria Hattie Jacqueline Latoya Mabel Odessa Renee Shirley Tamika Vivian"
        ),
        _words(
            "Andre Cedric Clarence Darnell Earl Isaiah Jerome Lamar Marcus Otis Reginald Roosevelt Terrence Willie"
        ),
    ),
    Community(
        16,
        "es",
        ("hispanic",),
        _words(
            "Acosta Cárdenas Castillo Delgado Escobar Fuentes Gutiérrez Herrera Ibáñez Jiménez Lozano Maldonado Morales Núñez "
            "Orozco Peña Quiñones Reyes Rivera Salazar Treviño Vélez Zúñiga"
        ),
        _words(
            "Adriana Beatriz Carmen Dolores Esperanza Guadalupe Inés Josefina Lucía Marisol Noemí Pilar Rocío Soledad Ximena"
        ),
        _words(
            "Alejandro Benito César Emilio Fermín Héctor Ignacio Jesús Luis Mateo Octavio Ramón Sebastián Tomás"
        ),
        needs_interpreter=0.45,
        native=(("Muñoz Íñiguez", "José María"),),
    ),
    Community(
        6,
        "vi",
        ("asian",),
        _words("Bùi Đặng Đỗ Hồ Hoàng Huỳnh Lê Lý Ngô Nguyen Nguyễn Phạm Phan Tran Trần Võ Vũ"),
        _words("Anh Hạnh Hoa Hương Lan Linh Mai Ngọc Phương Thảo Thu Tuyết Yến"),
        _words("Bình Cường Dũng Hải Hùng Khoa Long Minh Nam Phúc Quang Tuấn Việt"),
        needs_interpreter=0.6,
        family_first=True,
    ),
    Community(
        5,
        "so",
        ("black",),
        _words(
            "Abdi Abdullahi Ali Aden Dirie Farah Guled Hassan Ismail Jama Mohamud Nur Osman Warsame Yusuf"
        ),
        _words("Amina Asha Deqa Faduma Halima Hodan Idil Ladan Maryan Nasra Safiya Ubah Zahra"),
        _words("Abdirahman Bashir Cabdi Farhan Guuleed Ibrahim Jamal Liban Mahad Omar Sahal Yasin"),
        needs_interpreter=0.65,
    ),
    Community(
        5,
        "ar",
        ("middle_eastern",),
        _words(
            "Abboud Al-Masri Barakat Darwish El-Amin Fayad Haddad Khalil Mansour Nasser Qasim Saleh Shaheen Zaki"
        ),
        _words("Amal Dalia Fatima Ghada Hanan Iman Layla Nadia Rania Samira Yasmin Zeinab"),
        _words("Ahmad Bassam Fadi Hisham Jamil Karim Mahmoud Nabil Rami Samir Tariq Youssef"),
        needs_interpreter=0.5,
        native=(("الحداد", "ليلى"), ("منصور", "سمير")),
    ),
    Community(
        4,
        "zh-Hans",
        ("asian",),
        _words("Chen Deng Feng Guo Huang Jiang Li Lin Liu Ma Song Sun Wang Wu Xu Yang Zhang Zhao Zhou"),
        _words("Fang Hong Hui Jing Juan Li Mei Min Qing Ting Xia Xiu Yan Ying"),
        _words("Bin Bo Chao Gang Hai Jian Jun Lei Ming Ping Qiang Tao Wei Yong"),
        needs_interpreter=0.6,
        family_first=True,
        native=(("陈", "秀英"), ("王", "建国")),
    ),
    Community(
        3,
        "ko",
        ("asian",),
        _words("Cho Choi Han Hong Jang Jung Kang Kim Kwon Lee Lim Park Shin Yoon"),
        _words("Eun-ji Hye-jin Ji-woo Kyung-hee Mi-sook Soo-jin Sun-hee Young-ja"),
        _words("Byung-ho Dong-hyun Jae-sung Jin-woo Min-jun Sang-hoon Seung-ho Young-soo"),
        needs_interpreter=0.5,
        family_first=True,
        native=(("김", "영자"),),
    ),
    Community(
        3,
        "gu",
        ("asian",),
        _words("Amin Desai Gandhi Joshi Mehta Mistry Modi Parikh Patel Shah Thakkar Trivedi Vyas"),
        _words("Anjali Bhavna Daksha Hansa Jyoti Kokila Manjula Nisha Pushpa Ranjan Sarla Usha"),
        _words("Ashok Bharat Dinesh Girish Harish Jayesh Kirit Mukesh Naresh Pravin Ramesh Suresh"),
        needs_interpreter=0.3,
    ),
    Community(
        3,
        "uk",
        ("white",),
        _words(
            "Bondarenko Hrytsenko Ivanenko Kovalenko Lysenko Melnyk Petrenko Shevchenko Tkachenko Zakharchuk"
        ),
        _words("Halyna Iryna Kateryna Larysa Liudmyla Nadiia Oksana Olena Svitlana Tetiana"),
        _words("Andrii Bohdan Dmytro Ihor Mykola Oleh Serhii Taras Vasyl Yurii"),
        needs_interpreter=0.6,
        native=(("Шевченко", "Оксана"), ("Мельник", "Тарас")),
    ),
    Community(
        2,
        "ht",
        ("black",),
        _words(
            "Augustin Baptiste Célestin Desrosiers Étienne Jean-Louis Joseph Pierre-Paul Saint-Fleur Toussaint"
        ),
        _words("Danielle Fabiola Guerda Islande Marie-Ange Mirlande Nadège Rose-Laure Yolette"),
        _words("Emmanuel Frantz Gérard Jacques Jean-Claude Max-Antoine Ricardo Wilner"),
        needs_interpreter=0.5,
    ),
    Community(
        1,
        "nv",
        ("american_indian",),
        _words("Begay Benally Nez Tsosie Yazzie"),
        _words("Bah Delphine Emma Lorraine Marlene Sadie"),
        _words("Alvin Chester Ernest Herbert Leroy Wilson"),
        needs_interpreter=0.2,
    ),
    Community(
        1,
        "haw",
        ("pacific_islander",),
        _words("Akana Kahale Kalani Keawe Mahoe Nakoa"),
        _words("Ululani Leilani Mahealani Nani Puanani"),
        _words("Kaleo Kekoa Keoni Makana Nainoa"),
    ),
]

STREETS = _words(
    "Alder Beech Canal Cedar Chestnut Depot Elm Foundry Grant Hawthorn Ironworks Juniper Linden Locust Maple Mill Orchard "
    "Prospect Quarry River Spruce Sycamore Union Walnut Willow"
)
KINDS_OF_STREET = ("St", "Ave", "Ln", "Ct", "Rd")
PLACES = (("Riverbend", "45399"), ("Millbrook", "45398"), ("Fairhaven", "45397"), ("Cold Spring", "45396"))
STATE = "OH"
AREA_CODES = (
    "937",
    "513",
    "614",
    "740",
    "567",
)  # with the 555-0100 to 555-0199 numbers, set aside for invented people

PREFERRED = {
    "Deborah": "Deb",
    "Patricia": "Pat",
    "Guadalupe": "Lupe",
    "Emmanuel": "Manny",
    "Ernestine": "Tina",
    "Walter": "Walt",
}
RELATIONS = (
    "Daughter",
    "Son",
    "Wife",
    "Husband",
    "Sister",
    "Brother",
    "Mother",
    "Niece",
    "Neighbor",
    "Friend",
)
COMMUNICATION = (
    "Large print",
    "Hard of hearing, speak slowly",
    "Reads best in the morning",
    "Uses a hearing aid",
    "Low vision",
)
FAITH_AND_CULTURE = (
    "Fasts in Ramadan; ask about medicine times",
    "No blood products",
    "Prefers a woman clinician",
    "Vegetarian",
    "Family decides together; include the eldest son",
)
