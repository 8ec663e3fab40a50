"""Log-in: WeChat's code for patients, name and password for staff, a service token for the command line."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from chinese.identity import check_id_number
from common import logs, tokens
from common.errors import NotAuthorised
from gateway.errors import BadRequest, LoginFailed
from gateway.limits import Limits
from gateway.patients import Patients
from gateway.staff import Account, Staff
from gateway.store import Identity, Store
from gateway.wechat import WeChat

LOG = logs.logger("gateway.login")
router = APIRouter(prefix="/api")


class WeChatLogin(BaseModel):
    code: str = Field(min_length=1, max_length=128)


class StaffLogin(BaseModel):
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=128)


class ServiceLogin(BaseModel):
    who: str = Field(alias="as", max_length=128)


class Bind(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    id_number: str = Field(min_length=15, max_length=24)
    phone: str = Field("", max_length=20)


class Doors:
    """What log-in needs; one for the application."""

    def __init__(
        self, store: Store, staff: Staff, wechat: WeChat, patients: Patients, limits: Limits, seconds: int
    ) -> None:
        self.store, self.staff, self.wechat, self.patients = store, staff, wechat, patients
        self.limits, self.seconds = limits, seconds

    def opened(self, identity: Identity, **more: Any) -> dict[str, Any]:
        session = self.store.open_session(identity, self.seconds)
        return {
            "session": session,
            "expires_in": self.seconds,
            "role": identity.role,
            "name": identity.name,
            **more,
        }


def doors(request: Request) -> Doors:
    return request.app.state.doors


def session_of(
    request: Request, authorization: Annotated[str | None, Header()] = None
) -> tuple[str, Identity]:
    """The session's secret and who it belongs to. Raises NotAuthorised."""
    kind, _, session = (authorization or "").partition(" ")
    identity = request.app.state.doors.store.session(session) if kind.lower() == "bearer" else None
    if not identity:
        raise NotAuthorised(detail="no session")
    return session, identity


Here = Annotated[Doors, Depends(doors)]
Session = Annotated[tuple[str, Identity], Depends(session_of)]


@router.post("/login/wechat")
async def log_in_wechat(body: WeChatLogin, here: Here, request: Request) -> dict[str, Any]:
    """WeChat's one-time code → a session; with `bind: true` where the account belongs to no patient yet."""
    here.limits.log_in(request.client.host if request.client else "")
    openid = await here.wechat.openid(body.code)
    patient = here.store.bound(openid)
    found = await here.patients.read(patient) if patient else await here.patients.by_identifier(openid)
    if not found:
        return here.opened(Identity(f"wechat:{openid}", "patient"), bind=True)
    return here.opened(await here.patients.identity(found))


@router.post("/bind")
async def bind(body: Bind, here: Here, session: Session) -> dict[str, Any]:
    """Ties a WeChat account to the patient with this name and identity number."""
    secret, identity = session
    if not identity.sub.startswith("wechat:"):
        raise BadRequest("您已经绑定过就诊人了。", detail="bound already")
    here.limits.log_in(identity.sub)
    number = body.id_number.strip().upper()
    problem = check_id_number(number)
    if problem:
        raise BadRequest("身份证号不对，请检查后再填。", detail="identity number")
    found = await here.patients.by_identifier(number)
    if not found or here.patients.name_of(found) != body.name.strip():
        # The same answer for both, so that nobody can try out whose number it is.
        raise BadRequest(
            "没有找到姓名和身份证号都相符的就诊人，请核对；没有在本院建过档的，请到一楼服务台建档。",
            code="no_match",
        )
    here.store.bind(identity.sub.removeprefix("wechat:"), found["id"])
    known = await here.patients.identity(found)
    here.store.replace_identity(secret, known)
    return {"role": known.role, "name": known.name}


@router.post("/login/staff")
async def log_in_staff(body: StaffLogin, here: Here, request: Request) -> dict[str, Any]:
    here.limits.log_in(f"{request.client.host if request.client else ''}/{body.username}")
    account = here.staff.log_in(body.username, body.password)
    if not account:
        raise LoginFailed("用户名或密码不对。", detail="staff")
    return here.opened(staff_identity(account))


@router.post("/login/service")
async def log_in_service(
    body: ServiceLogin, here: Here, authorization: Annotated[str | None, Header()] = None
) -> dict[str, Any]:
    """For our own command line, which holds the installation's key: `patient:ID` or `manager:USERNAME`."""
    tokens.need_role(tokens.bearer(authorization), "service")
    kind, _, who = body.who.partition(":")
    if kind == "manager":
        account = here.staff.find(who)
        if not account:
            raise BadRequest(f"没有这个管理账号：{who}", detail="unknown account")
        return here.opened(staff_identity(account))
    if kind != "patient" or not who:
        raise BadRequest("要写成 patient:编号 或 manager:用户名。", detail="as")
    found = await here.patients.find(who)
    if not found:
        raise BadRequest(f"没有这位患者：{who}", detail="unknown patient")
    return here.opened(await here.patients.identity(found))


@router.post("/logout")
async def log_out(here: Here, session: Session) -> dict[str, Any]:
    here.store.close_session(session[0])
    return {}


def staff_identity(account: Account) -> Identity:
    return Identity(
        sub=f"staff:{account.username}",
        role=account.role,
        name=account.name,
        department=account.department,
        doctor=account.doctor,
    )
