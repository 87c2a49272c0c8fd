import { figuresOf } from "./figures.ts";
import type { Pattern } from "./pattern-scan.ts";
import type { ReasonWords } from "./reason-words.ts";

const { percent, number, count, date, decimals, moment } = figuresOf("pt-BR");

const joined = ({ parts }: Pattern): string =>
  parts
    .map(({ feature, from, to }) => {
      if (Number.isNaN(from)) return `${feature} ausente`;
      if (from === Number.NEGATIVE_INFINITY) return `${feature} abaixo de ${number(to)}`;
      return to === Number.POSITIVE_INFINITY
        ? `${feature} a partir de ${number(from)}`
        : `${feature} de ${number(from)} a ${number(to)}`;
    })
    .join(", ");

export const portugueseReasons: ReasonWords = {
  nothingFound: () => "Nada mudou além do que o acaso explica.",
  noTraffic: () => "Nenhuma transferência foi pontuada neste período: verifique se o modelo está recebendo tráfego.",
  noMatureCohort: ({ maturityDays }) =>
    `Nenhuma coorte completou ${count(maturityDays)} dias, então ainda não se pode afirmar o desempenho realizado; o que já se sabe aparece à parte.`,
  alertRateHigh: ({ rate, budget }) =>
    `${percent(rate)} das transferências geram alerta e a mesa consegue tratar ${percent(budget)}: reveja o limiar ou a capacidade.`,
  alertRateLow: ({ rate, budget }) =>
    `Só ${percent(rate)} das transferências geram alerta, para um orçamento de ${percent(budget)}: pode estar passando fraude que a mesa conseguiria ver.`,
  latencyHigh: ({ p99, limit }) =>
    `Uma resposta em cada cem demora mais de ${number(p99)} ms (limite de ${number(limit)} ms).`,
  scoreDrift: ({ psi }) => `A distribuição dos escores é diferente da do treino (PSI ${decimals(psi, 2)}).`,
  featureDrift: ({ feature, psi, importance, others }) =>
    `${feature} mudou (PSI ${decimals(psi, 2)}) e responde por ${percent(importance)} do modelo${others > 0 ? `; ${others === 1 ? "mais uma variável mudou" : `mais ${count(others)} variáveis mudaram`}` : ""}.`,
  domainMoved: ({ auc, low, high, features }) =>
    `Em conjunto, as variáveis distinguem estas transferências das do treino (AUC ${decimals(auc, 2)}, de ${decimals(low, 2)} a ${decimals(high, 2)}; 0,5 é nenhuma diferença), sobretudo por ${features.join(", ")}.`,
  togetherMoved: ({ auc, low, high, features }) =>
    auc > 0.5
      ? `As variáveis não andam juntas como no treino: o que os componentes principais perdem destas transferências as distingue (AUC ${decimals(auc, 2)}, de ${decimals(low, 2)} a ${decimals(high, 2)}; 0,5 é nenhuma diferença), sobretudo em ${features.join(", ")}.`
      : `As variáveis variam menos, ou andam mais juntas, do que no treino: os componentes principais perdem menos destas transferências (AUC ${decimals(auc, 2)}, de ${decimals(low, 2)} a ${decimals(high, 2)}; 0,5 é nenhuma diferença).`,
  patternRisen: ({ pattern, now, before, from }) =>
    `Em ${date(from)}, ${count(now)} transferências tinham ${joined(pattern)}; esperavam-se ${decimals(before, 1)}. Um golpe novo tem essa aparência antes que alguém o relate: veja algumas delas.`,
  featureRescaled: ({ feature, factor }) =>
    `Todos os valores de ${feature} são ${number(factor)} vezes o que eram: parece vir em outra unidade.`,
  featureBeyond: ({ feature, share, least, largest }) =>
    `${percent(share)} dos valores de ${feature} estão muito fora de tudo o que a referência tinha (${number(least)} a ${number(largest)}).`,
  silentHours: ({ from, hours, expected }) =>
    `Nada foi decidido por ${count(hours)} ${hours === 1 ? "hora" : "horas"} a partir de ${moment(from)}, quando cerca de ${count(expected)} decisões eram o usual: procure uma interrupção, ou registros que faltam.`,
  missingHours: ({ feature, from, hours, missing, rows, others }) =>
    `${feature} faltou em ${count(missing)} de ${count(rows)} transferências por ${count(hours)} ${hours === 1 ? "hora" : "horas"} a partir de ${moment(from)}${others > 0 ? `, e mais ${count(others)} ${others === 1 ? "variável" : "variáveis"} em outras horas` : ""}: uma fonte tinha parado.`,
  featureMissing: ({ feature, before, now }) =>
    `${feature} está ausente em ${percent(now)} das transferências (${percent(before)} no treino): uma fonte pode ter parado.`,
  newTypology: ({ name, frauds, caught, since }) =>
    `Um tipo de fraude que o treino nunca viu: ${name}, ${count(frauds)} casos conhecidos desde ${date(since)}, ${caught === 0 ? "nenhum detectado" : `${count(caught)} ${caught === 1 ? "detectado" : "detectados"}`}. Treine de novo com esses casos; até lá, crie uma regra.`,
  typologyWorse: ({ name, recall, before, frauds }) =>
    `O modelo agora detecta ${percent(recall)} de ${name} e detectava ${percent(before)} quando foi aceito (${count(frauds)} casos conhecidos).`,
  recallWorse: ({ recall, before, frauds }) =>
    `Das ${count(frauds)} fraudes conhecidas até agora o modelo detectou ${percent(recall)}; quando foi aceito detectava ${percent(before)}.`,
  estimateFallen: ({ recall, before, from }) =>
    `Pelos próprios escores o modelo terá detectado ${percent(recall)} das fraudes dos dias a partir de ${date(from)}; quando foi aceito detectava ${percent(before)}. Os rótulos ainda não chegaram.`,
  estimatesFailed: ({ cohorts, held }) =>
    `De ${count(cohorts)} coortes cujos rótulos já chegaram, ${count(held)} ficaram como os escores diziam: a fraude ou os rótulos mudaram, e as estimativas das coortes jovens não merecem confiança.`,
  fraudScoresFallen: ({ median, before, frauds }) =>
    `As fraudes conhecidas recebem escores menores do que antes (mediana ${number(median)} contra ${number(before)}, ${count(frauds)} casos): a fraude não detectada está subindo.`,
};
