import type { Typology } from "../world/parameters.ts";
import type { ReasonText } from "./reason-texts.ts";

/** What people call each kind of fraud, as Brazilian banks and the central bank name it. */
const TEXTS: Readonly<Record<Exclude<Typology, "none">, ReasonText>> = {
  account_takeover: { en: "account takeover", "pt-BR": "tomada de conta" },
  false_call_centre: { en: "false call centre", "pt-BR": "falsa central de atendimento" },
  whatsapp_impersonation: { en: "WhatsApp impersonation", "pt-BR": "falso conhecido no WhatsApp" },
  tampered_qr: { en: "tampered QR code", "pt-BR": "QR Code adulterado" },
  remote_access: { en: "remote access", "pt-BR": "acesso remoto" },
  fake_sale: { en: "fake sale", "pt-BR": "falsa venda" },
  fake_investment: { en: "fake investment", "pt-BR": "falso investimento" },
  bill_swap: { en: "bill swap", "pt-BR": "troca de boleto" },
  coercion: { en: "coercion", "pt-BR": "coação ou sequestro" },
  wrong_pix: { en: "wrong Pix", "pt-BR": "Pix errado" },
  mule_cash_out: { en: "mule cash-out", "pt-BR": "saída por conta laranja" },
};

/** A ledger may have kinds of its own, which nobody has translated. */
export const TYPOLOGY_TEXTS: Readonly<Record<string, ReasonText | undefined>> = TEXTS;
