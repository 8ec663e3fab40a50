"""The errors of management questions."""

from common.errors import MenzhenError


class InsightError(MenzhenError):
    """Root of this room's errors."""

    code = "insight"
    message = "运营数据服务出了点问题。"


class CatalogueError(InsightError):
    """The catalogue, the corpus or another file that a hospital edits has an error in it."""

    code = "catalogue"
    message = "指标目录有误。"


class ImportFailed(InsightError):
    """A file of visit records cannot be read at all; single bad lines are counted instead."""

    status = 400
    code = "import"
    message = "就诊记录文件无法导入。"


class StoreError(InsightError):
    """The store of visit records cannot be opened or lacks what the question needs."""

    status = 503
    code = "store"
    message = "就诊记录库无法打开。"


class BadQuestion(InsightError):
    """A request that is not a question at all (empty, or longer than is read)."""

    status = 400
    code = "bad_question"
    message = "请输入一个问题。"
