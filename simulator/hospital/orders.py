"""What a consultation ends with: drugs, examinations, laboratory panels, treatments, as bill items in fen.

Items and prices are invented for the demonstration and are no tariff of any hospital.
"""

import random

from simulator.hospital import panels
from simulator.hospital.staff import Department

Item = tuple[str, str, int, int]
"""Code, name, quantity, unit price in fen."""

EXAMS: dict[str, list[tuple[str, str, int]]] = {
    "": [
        ("E-US-ABD", "腹部彩超", 12000),
        ("E-ECG", "常规心电图", 2500),
        ("E-DR-CHEST", "胸部正位片（DR）", 8000),
    ],
    "0303": [("E-CT-HEAD", "头颅CT平扫", 24000), ("E-TCD", "经颅多普勒", 15000)],
    "0304": [("E-ECG", "常规心电图", 2500), ("E-UCG", "超声心动图", 20000)],
    "0402": [("E-CT-HEAD", "头颅CT平扫", 24000), ("E-MR-HEAD", "头颅磁共振平扫", 48000)],
    "0403": [("E-DR-JOINT", "四肢关节正侧位片（DR）", 9000), ("E-MR-KNEE", "膝关节磁共振平扫", 45000)],
    "0405": [("E-CT-CHEST", "胸部CT平扫", 26000)],
    "0501": [("E-US-GYN", "妇科彩超", 13000)],
    "0502": [("E-US-OB", "产科彩超", 16000)],
    "1000": [("E-OCT", "眼底OCT", 12000), ("E-REFRACT", "验光", 3000)],
    "1100": [("E-LARYNX", "电子喉镜检查", 15000), ("E-AUDIO", "纯音听阈测定", 6000)],
    "1200": [("E-PANO", "口腔曲面断层片", 9000)],
}
TREATMENTS: dict[str, tuple[str, str, int]] = {
    "0400": ("T-DRESS", "换药（中）", 3500),
    "0403": ("T-FIX", "石膏固定", 12000),
    "1200": ("T-FILL", "复合树脂充填", 28000),
    "2100": ("T-REHAB", "运动疗法", 6000),
    "5000": ("T-ACU", "普通针刺", 4500),
}


def order(rng: random.Random, department: Department, visit_type: str) -> dict[str, list[Item]]:
    """Bill kind (LAB, EXAM, TREAT, DRUG) → its items; empty where the talk was enough."""
    found: dict[str, list[Item]] = {}
    repeat = visit_type == "CON"
    if not repeat and rng.random() < department.lab and department.panels:
        count = min(len(department.panels), rng.choice((1, 1, 2, 3)))
        chosen = sorted(rng.sample(department.panels, count))
        found["LAB"] = [(code, panels.panel(code).name, 1, panels.panel(code).price) for code in chosen]
    if not repeat and rng.random() < 0.28:
        code, name, price = rng.choice(EXAMS.get(department.code, EXAMS[""]))
        found["EXAM"] = [(code, name, 1, price)]
    if not repeat and department.code in TREATMENTS and rng.random() < 0.35:
        code, name, price = TREATMENTS[department.code]
        found["TREAT"] = [(code, name, 1, price)]
    if repeat or rng.random() < department.drugs:
        # Which drug is nobody's business here: the simulated pharmacy knows numbers only.
        found["DRUG"] = [
            (f"Y{rng.randint(1000, 9999)}", f"门诊药品{n}", rng.randint(1, 3), rng.randint(8, 90) * 100)
            for n in range(1, rng.choice((1, 1, 2, 3)) + 1)
        ]
    return found
