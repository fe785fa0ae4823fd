import type { Catalogue } from "./catalogue";

export const zhHans: Catalogue = {
  "app.name": "Bellwether",
  "app.skipToContent": "跳到内容",
  "app.title": "{page} · Bellwether",

  "action.cancel": "取消",
  "action.copied": "已复制",
  "action.copy": "复制{what}",
  "action.copyFailed": "浏览器不允许复制。请选中文本后手动复制。",
  "action.ok": "确定",
  "action.reload": "重新加载页面",
  "action.retry": "重试",

  "account.language": "语言",
  "account.menu": "帐户和语言",
  "account.signIn": "登录",

  "theme.dark": "深色",
  "theme.light": "浅色",
  "theme.switch": "主题",
  "theme.system": "跟随系统",

  "nav.audit": "审核日志",
  "nav.close": "关闭导航",
  "nav.collapse": "折叠导航",
  "nav.deviceGroups": "设备组",
  "nav.deviceTemplates": "设备模板",
  "nav.devices": "设备",
  "nav.expand": "展开导航",
  "nav.jobs": "作业",
  "nav.label": "主导航",
  "nav.open": "打开导航",
  "nav.permissions": "权限",
  "nav.trail": "当前位置",

  "jobs.new": "新建作业",
  "permissions.organizations": "组织",
  "permissions.roles": "角色",
  "permissions.tokens": "API 令牌",
  "permissions.users": "用户",

  "screen.toCome.body": "尚未完成。此页面的全部功能现在都可以通过 REST API 使用。",
  "screen.toCome.title": "此页面即将推出",

  "notFound.body": "{path} 处没有页面。它可能已被移动，或者地址不完整。",
  "notFound.title": "找不到页面",
  "notFound.toJobs": "转到作业",

  "error.advice.forbidden": "请向管理员申请允许此操作的角色。",
  "error.advice.notFound": "它可能已被删除，或属于其他组织。",
  "error.advice.retry": "请稍后重试。如果仍然如此，请查看服务器日志。",
  "error.advice.signIn": "请重新登录。",
  "error.advice.wait": "服务器正忙。请稍候再试。",
  "error.network": "服务器没有应答。请检查它是否正在运行，以及此计算机能否连接到它。",
  "error.reference": "代码 {code}",
  "error.title": "无法显示",

  "confirm.typeCount": "输入 {number} 以确认",

  "job.status.canceled": "已取消",
  "job.status.completed": "已完成",
  "job.status.failed": "失败",
  "job.status.pending": "挂起",
  "job.status.running": "正在运行",
  "job.status.stopped": "已停止",

  "time.utc": "{time} UTC",

  "chart.segment": "{label}：{count}（{share}）",

  "grid.columns": "列",
  "grid.columns.all": "所有列",
  "grid.columns.title": "选择列",
  "grid.rowsFailed": "无法加载这些行",
  "grid.select.all": { other: "选择整个列表的全部 {count} 项" },
  "grid.select.none": "清除选择",
  "grid.select.page": "选择屏幕上的行",
  "grid.select.row": "选择 {name}",
  "grid.selected": { other: "已选择 {count} 项" },
  "grid.total": { other: "{count} 行" },
};
