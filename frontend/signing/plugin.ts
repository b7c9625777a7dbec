/**
 * The national signing client on the member's own device: one WebSocket for one act, one question,
 * one answer (domain F). It fetches the file itself, asks for the PIN, and brings the signed file
 * back itself; no key and no file passes through this page.
 */
import { word } from '../words';

interface Asked {
  /** Where the signed file is brought, and the token that has to come with it. */
  FileUploadHandler: string;
  JWTToken: string;
  /** Where the file is fetched. */
  FileName: string;
}

interface Answered {
  /** 0 when the file was signed and brought. */
  Status: number;
  Message: string;
  FileName: string;
  FileServer: string;
}

/** The client is not there, or has not signed; its message is said as it is. */
export class NotSigned extends Error {}

const APPROVE = '/SignApproved';

/** Have a leader's signature set; resolves once the signed file has been brought. */
export async function approve(plugin: string, asked: Asked): Promise<Answered> {
  const question = JSON.stringify({ SessionId: '', MetaData: [], ...asked });
  const answered = await once(plugin + APPROVE, question);
  if (answered.Status !== 0) throw new NotSigned(answered.Message || word(GIVEN_UP));
  return answered;
}

function once(address: string, question: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    let said = false;
    socket.onopen = () => socket.send(question);
    socket.onmessage = ({ data }) => {
      said = true;
      socket.close();
      try {
        resolve(JSON.parse(String(data)) as Answered);
      } catch {
        reject(new NotSigned(word(GIVEN_UP)));
      }
    };
    socket.onclose = () => {
      if (!said) reject(new NotSigned(word(NOT_THERE)));
    };
  });
}

const NOT_THERE = {
  vi: 'Chưa liên lạc được với phần mềm ký số trên máy này. Hãy bật phần mềm, cắm thiết bị lưu khóa, rồi ký lại; nháp vẫn được giữ.',
  en: 'The signing client on this device does not answer. Start it, plug in your token, then sign again; the draft is kept.',
};
const GIVEN_UP = {
  vi: 'Phần mềm ký số chưa ký tờ phiếu. Nháp vẫn được giữ; hãy ký lại.',
  en: 'The signing client has not signed the paper. The draft is kept; sign again.',
};
