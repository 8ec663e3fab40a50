"""Which skill an intent belongs to: the names that every part of the system uses."""

from __future__ import annotations

SKILLS = frozenset(
    [
        "book_appointment",
        "reschedule_appointment",
        "cancel_appointment",
        "join_waitlist",
        "my_appointments",
        "check_in",
        "queue_status",
        "triage",
        "doctor_schedule",
        "report_query",
        "report_explain",
        "image_view",
        "bill_query",
        "pay_bill",
        "invoice",
        "refund",
        "prescription_query",
        "exam_booking",
        "exam_preparation",
        "medical_record_query",
        "follow_up",
        "hospital_info",
        "complaint_feedback",
        "satisfaction_survey",
        "manage_profile",
        "privacy",
        "human_handoff",
        "emergency",
        "management_question",
    ]
)
TALK = frozenset(
    [
        "greet",
        "thanks",
        "goodbye",
        "affirm",
        "deny",
        "cancel_task",
        "correct",
        "go_back",
        "skip",
        "repeat",
        "help",
        "choose",
        "inform",
        "chitchat",
        "out_of_scope",
    ]
)
# Intents that only the system itself sends; no sentence is ever classified as one of them.
SYSTEM = frozenset({"session_start", "event"})
UNCLEAR = "nlu_fallback"


def skill_of(intent: str, file_stem: str) -> str:
    """The skill of an intent whose sentences stand in `nlu_data/FILE_STEM.yml`."""
    if intent in SKILLS or intent in TALK:
        return intent
    return file_stem.removesuffix("_sentences")
