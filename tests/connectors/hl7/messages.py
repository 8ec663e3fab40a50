"""Messages as senders write them, for the tests; everybody in them is invented."""

HEADER = r"MSH|^~\&|HIS|HOSPITAL|MENZHEN|FRONTDESK|20261123093000||{}|C1|P|2.4||||||UNICODE UTF-8" + "\r"
PID = "PID|1||100001^^^HIS^MR~11010119900307571X^^^PRC^NI||张三||19900307|M|||和平里1号||13800138000\r"
PV1 = "PV1|1|O|骨科1诊室^^^MAIN||||D049^王晓楠|||||||||||普通|V1|职工医保||||||||||||||||||||||||20261123091500\r"

ARRIVED = HEADER.format("ADT^A04^ADT_A01") + "EVN|A04|20261123091500\r" + PID + PV1
MERGED = HEADER.format("ADT^A40^ADT_A39") + "EVN|A40\r" + PID + "MRG|100009^^^HIS^MR\r"
BOOKED = (
    HEADER.format("SIU^S12^SIU_S12")
    + "SCH|K1|A1|||||||||^^30^20261124090000^20261124093000||||||||||||||BOOKED\r"
    + PID
    + PV1
    + "RGS|1\rAIS|1||0403^骨科^99HIS\rAIP|1||D049^王晓楠|ATT^主治医师\rAIL|1||骨科1诊室^^^MAIN^^^^^骨科1诊室（3层D区）\r"
    + "ZSL|S1|1|0|GEN^普通|1500|MAIN^本部|AM|FULL\rZAP|A1|BOOKED|12345678|3\r"
)
REPORTED = (
    HEADER.format("ORU^R01^ORU_R01")
    + PID
    + "ORC|RE|R1\rOBR|1|R1||CBC^血常规|||20261123083000|||||||||||||||20261123093000|||F\r"
    + "OBX|1|NM|WBC^白细胞^LN||12.5|10^9/L|3.5-9.5|H|||F\rNTE|1||复查\r"
    + "OBX|2|NM|PLT^血小板||<20|10^9/L|>125|LL~A|||P\r"
    + "OBX|3|ST|URO^尿胆原||阴性||阴性|N|||F\rOBX|4|CWE|X^形态||1^正常^99HIS||||||F\r"
    + "OBX|5|SN|T^滴度||^1^:^80||||||F\rOBX|6|ED|PDF^报告||HIS^application^PDF^Base64^SGVsbG8=||||||F\r"
)
BILLED = (
    HEADER.format("DFT^P03^DFT_P03")
    + "EVN|P03\r"
    + PID
    + PV1
    + "FT1|1|B1||20261123093000||CG|B1|化验费||1|1500\rFT1|2|B2||20261123093000||PY|B2|药费||1|2050\r"
)
VACCINATED = (
    HEADER.format("VXU^V04^VXU_V04")
    + PID
    + "ORC|RE|P1|F1\rRXA|0|1|20261123|20261123|43^乙肝疫苗^CVX|0.5|mL^毫升^UCUM||00^新记录^NIP001||||||L123|20271231|北京生物\rRXR|C28161^肌内注射^NCIT|LA^左臂^HL70163\rOBX|1|CE|64994-7^资格^LN||V01^自费^HL70064||||||F\r"
)
DOCUMENT = (
    HEADER.format("MDM^T02^MDM_T02")
    + PID
    + PV1
    + "TXA|1|CN^门诊病历|TX|20261123093000||20261123093000|||D049^王晓楠|||DOC1||||||LA\rOBX|1|TX|1^主诉||咳嗽三天||||||F\rOBX|2|TX|1^查体||双肺呼吸音清||||||F\r"
)
ORDERED = HEADER.format("OML^O21") + PID + PV1 + "ORC|NW|R7||||||20261123\rTQ1|1||||||||S\rOBR|1|R7||CBC^血常规\rDG1|1||J00^急性鼻咽炎^I10\rSPM|1|S7||BLD^血\r"  # fmt: skip
PRESCRIBED = HEADER.format("RDE^O11") + PID + "ORC|NW|RX1\rRXE|^^^20261123|Y1^某药|1||片||^每日三次饭后||||21|片\rRXR|PO^口服\rAL1|1|DA|Q1^青霉素|SV|皮疹\rIN1|1|职工医保|YB|市医保局\rPR1|1||T1^换药||20261123\rNK1|1|李四|SPO^配偶\r"  # fmt: skip

ALL = {
    "arrived": ARRIVED,
    "merged": MERGED,
    "booked": BOOKED,
    "reported": REPORTED,
    "billed": BILLED,
    "vaccinated": VACCINATED,
    "document": DOCUMENT,
    "ordered": ORDERED,
    "prescribed": PRESCRIBED,
}
