"""Where a defect happened, for the log: file and line, never values."""


def where(error: BaseException) -> str:
    """`file.py:123` of the innermost frame."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
