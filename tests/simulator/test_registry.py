"""People register, change, and are merged."""

from simulator.hospital.people import check_digit, valid_id_number
from tests.simulator.conftest import Hospital
from tests.simulator.test_visits import told
from tests.simulator.wire import code, message

FIRST17 = "33010219900307001"
NUMBER = FIRST17 + check_digit(FIRST17)


def new_person(name: str, number: str = NUMBER, openid: str = "wx-new") -> str:
    pid = f"PID|||{number}^^^PRC^NI~{openid}^^^WECHAT^WX||{name}||19900307|M|||||13800000000||||||{number}"
    return message("ADT^A28^ADT_A05", "EVN|A28", pid, "PV1||N")


async def test_a_new_person_gets_a_number_and_a_known_one_the_same(hospital: Hospital) -> None:
    first = await hospital.ask(new_person("欧阳新"))
    mrn = first.first("PID").get(3)
    assert code(first) == "AA" and mrn.isdigit()
    assert (await hospital.ask(new_person("欧阳新"))).first("PID").get(3) == mrn
    assert code(await hospital.ask(new_person("别人"))) == "DUPLICATE"
    assert [m.first("PID").get(3) for m in told(hospital, "ADT^A28")] == [mrn]


async def test_a_wrong_identity_number_is_refused(hospital: Hospital) -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    answer = await hospital.ask(new_person("欧阳新", wrong))
    assert code(answer) == "BAD_MESSAGE" and "身份证" in answer.first("ERR").get(8)


async def test_a_phone_changes_and_is_told(hospital: Hospital) -> None:
    pid = "PID|||100005^^^HIS^MR||||||||||13900000001"
    answer = await hospital.ask(message("ADT^A08^ADT_A01", "EVN|A08", pid, "PV1||N"))
    assert answer.first("PID").get(13) == "13900000001"
    assert told(hospital, "ADT^A08")[-1].first("PID").get(13) == "13900000001"


async def test_a_wechat_account_belongs_to_one_person(hospital: Hospital) -> None:
    pid = "PID|||100011^^^HIS^MR~wx-zhang^^^WECHAT^WX"
    assert code(await hospital.ask(message("ADT^A08^ADT_A01", "EVN|A08", pid, "PV1||N"))) == "DUPLICATE"


async def test_a_merged_record_leads_to_the_surviving_one(hospital: Hospital) -> None:
    with hospital.process.his.database.write() as connection:
        hospital.process.registry.merge(connection, "100005", "100003", "test")
    notice = told(hospital, "ADT^A40")[-1]
    assert (notice.first("PID").get(3), notice.first("MRG").get(1)) == ("100005", "100003")
    found = await hospital.ask(message("QBP^Q22^QBP_Q21", "QPD|Q22|T|@PID.3.1^100003"))
    assert found.first("PID").get(3) == "100005"
    moved = await hospital.ask(message("QBP^Z03^QBP_Q21", "QPD|Z03|T|100003"))
    assert moved.first("PID").get(3) == "100005" and moved.first("ZAP").get(2) == "BOOKED"


def test_every_invented_identity_number_is_valid() -> None:
    from datetime import date

    from simulator.hospital import demo
    from simulator.hospital.people import Population

    population = Population(7, date(2026, 11, 24))
    demo.people(population)
    made = population.make()
    assert len(made) == len({p.id_number for p in made}) == 2000
    for p in made:
        assert valid_id_number(p.id_number)
        assert p.id_number[6:14] == f"{p.birth_date:%Y%m%d}"
        assert int(p.id_number[16]) % 2 == (p.sex == "M")
