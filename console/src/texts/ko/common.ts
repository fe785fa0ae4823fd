import type { Translated } from "../catalogue";
import type { common as english } from "../en/common";

export const common: Translated<typeof english> = {
  "app.name": "Bellwether",
  "app.skipToContent": "본문으로 건너뛰기",
  "app.title": "{page} · Bellwether",

  "action.cancel": "취소",
  "action.copied": "복사됨",
  "action.copy": "{what} 복사",
  "action.copyFailed": "브라우저가 복사를 허용하지 않았습니다. 텍스트를 선택하여 직접 복사하세요.",
  "action.ok": "확인",
  "action.reload": "페이지 새로 고침",
  "action.retry": "다시 시도",

  "account.changePassword": "암호 변경",
  "account.language": "언어",
  "account.menu": "계정 및 언어",
  "account.signedIn": "{email}(으)로 로그인됨",
  "account.signOut": "로그아웃",
  "account.signOutFailed": "로그아웃하지 못했습니다",

  "signIn.again": "세션이 종료되었습니다. 하던 작업을 계속하려면 로그인하세요.",
  "signIn.email": "메일 주소",
  "signIn.later": { other: "{count}분 후에 다시 시도하세요." },
  "signIn.password": "암호",
  "signIn.refused": "메일 주소 또는 암호가 올바르지 않습니다.",
  "signIn.submit": "로그인",
  "signIn.title": "로그인",

  "password.again": "새 암호 다시 입력",
  "password.current": "현재 암호",
  "password.differs": "위에 입력한 암호와 다릅니다.",
  "password.failed": "암호를 변경하지 못했습니다",
  "password.must": "이 암호는 다른 사람이 만든 것입니다. 계속하려면 본인의 암호를 정하세요.",
  "password.new": "새 암호",
  "password.otherSessions": "다른 세션은 모두 종료됩니다.",
  "password.rule": "12~256자이며 메일 주소와 달라야 합니다.",
  "password.submit": "암호 변경",
  "password.title": "암호 변경",

  "theme.dark": "어둡게",
  "theme.light": "밝게",
  "theme.switch": "테마",
  "theme.system": "시스템 설정",

  "nav.audit": "감사 로그",
  "nav.close": "탐색 닫기",
  "nav.collapse": "탐색 접기",
  "nav.deviceGroups": "디바이스 그룹",
  "nav.deviceTemplates": "디바이스 템플릿",
  "nav.devices": "디바이스",
  "nav.expand": "탐색 펼치기",
  "nav.jobs": "작업",
  "nav.label": "주 메뉴",
  "nav.open": "탐색 열기",
  "nav.permissions": "권한",
  "nav.trail": "현재 위치",

  "screen.toCome.body":
    "아직 만들어지지 않았습니다. 이 페이지의 모든 기능은 지금도 REST API로 사용할 수 있습니다.",
  "screen.toCome.title": "준비 중인 페이지입니다",

  "notFound.body": "{path}에 페이지가 없습니다. 옮겨졌거나 주소가 완전하지 않을 수 있습니다.",
  "notFound.title": "페이지를 찾을 수 없음",
  "notFound.toJobs": "작업으로 이동",

  "error.advice.forbidden": "이 작업을 허용하는 역할을 관리자에게 요청하세요.",
  "error.advice.notFound": "삭제되었거나 다른 조직에 속해 있을 수 있습니다.",
  "error.advice.retry": "잠시 후 다시 시도하세요. 계속되면 서버 로그를 확인하세요.",
  "error.advice.signIn": "다시 로그인하세요.",
  "error.advice.wait": "서버가 사용 중입니다. 잠시 기다린 후 다시 시도하세요.",
  "error.network": "서버가 응답하지 않았습니다. 서버가 실행 중이고 이 컴퓨터에서 연결되는지 확인하세요.",
  "error.reference": "코드 {code}",
  "error.title": "표시할 수 없습니다",

  "confirm.typeCount": "확인하려면 {number}을(를) 입력하세요",

  "job.status.cancelled": "취소됨",
  "job.status.complete": "완료됨",
  "job.status.failed": "실패",
  "job.status.pending": "보류 중",
  "job.status.running": "실행 중",
  "job.status.stopped": "중지됨",

  "time.utc": "{time} UTC",

  "chart.segment": "{label}: {count}({share})",

  "grid.columns": "열",
  "grid.columns.all": "모든 열",
  "grid.columns.title": "열 선택",
  "grid.rowsFailed": "이 행을 불러올 수 없습니다",
  "grid.select.all": { other: "전체 목록의 {count}개 모두 선택" },
  "grid.select.none": "선택 해제",
  "grid.select.page": "화면에 보이는 행 선택",
  "grid.select.row": "{name} 선택",
  "grid.selected": { other: "{count}개 선택됨" },
  "grid.total": { other: "{count}개 행" },
};
