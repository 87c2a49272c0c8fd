import type * as english from "../en/common.ts";
import { count } from "./count.ts";

export const common: typeof english.common = {
  cancel: "Cancelar",
  clear: "Limpar",
  close: "Fechar",
  copied: "Copiado",
  copy: "Copiar",
  description: "Descrição",
  download: "Baixar",
  loading: "Carregando…",
  loadMore: "Carregar mais",
  name: "Nome",
  none: "Nenhum",
  refresh: "Atualizar",
  reset: "Restaurar",
  search: "Buscar",
  tags: "Etiquetas",
  tryAgain: "Tentar de novo",
  value: "Valor",
  moreNotShown: (n) => `${count(n, "item não aparece", "itens não aparecem")}: busque para reduzir a lista.`,
};

export const failure: typeof english.failure = {
  unreachable: "O servidor não responde. Verifique se ele está no ar e tente de novo.",
  absent: "Isto não existe no servidor. Pode ter sido excluído, ou o endereço pode estar errado.",
  forbidden: "Você não tem acesso. Peça permissão a quem administra o servidor.",
  other: "O servidor não conseguiu responder.",
};
