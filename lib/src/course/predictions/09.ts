// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 09. */
export const devicePredictions: readonly Prediction[] = [
  {
    id: "09-no-mark",
    question:
      'The device asks for its write to be marked as trusted. No realm has accepted it. In which stream table does the SMMU look: "Realm" or "Non-secure"?',
    answer: "non-secure",
    why: "An interface that its realm has not started cannot mark its transactions: the link would not let it. So the host's table decides, and it has no entry.",
    gaps: {
      realm: "What the device asks for does not count before its interface is in state RUN.",
      both: "One mark, one table. There is no second try.",
    },
  },
  {
    id: "09-map-unbound",
    question:
      "The device is neither connected nor bound. What does TSM_MAP return for a page of the realm, through this device's vdevice?",
    answer: "0",
    why: "The handler goes from the vdevice over the vIOMMU to the VM, and maps. It asks neither whether the device is bound, nor whether it could ever be.",
    gaps: {
      "-ENODEV": "That is what binding would answer now. TSM_MAP does not ask the TSM core anything.",
      "-EINVAL": "The range is in order, and nothing else is looked at.",
      "-ENXIO": "The firmware knows the realm, and that is all the mapping needs.",
    },
  },
  {
    id: "09-after-bind",
    question: "The device is bound to the realm now. Does its write get any further than before?",
    answer: "no",
    why: "The realm's stream table has an entry now, but the device does not mark its writes: that is up to the realm. So the host's table is looked at, as before.",
    gaps: {
      yes: "The way is prepared. Whether the device may take it is for the realm to say, and it has not been asked.",
    },
  },
  {
    id: "09-unknown-object",
    question:
      "The TSM driver answers -EINVAL to a request for an object that it does not know. What does the guest request ioctl return?",
    answer: "-EIO",
    why: "The TSM core replaces whatever the driver answers by -EIO, so the caller cannot tell a bad request from a device that does not answer.",
    gaps: {
      "-EINVAL": "That is the driver's answer. Between it and the ioctl lies the TSM core.",
      "-ENODEV": "That is for a device that is not bound, and for every failure of the other ioctl, TSM_OP.",
    },
  },
  {
    id: "09-lost-message",
    question:
      "The host relays the messages between firmware and device. It drops the one that is to lock the interface. What does acceptDevice in the guest come to: true or false?",
    answer: "false",
    why: "The firmware waits for the device's own answer. Without it the operation ends in error, the guest is told RSI_ERROR_DEVICE, and does not go on to start the device.",
    gaps: {
      true: "The host carries the messages, but it does not decide what is in the answer.",
    },
  },
  {
    id: "09-second-device",
    question:
      "A second device is bound to the same realm and started. Nobody calls TSM_MAP for it. Does its write to a page that was mapped through the first one get through?",
    answer: "yes",
    why: "Both streams lead to the same tables, those of the realm. The mapping never belonged to a device.",
    gaps: {
      no: "The vdevice in the ioctl only served to find the VM. The entry was made in the realm's tables, and all devices of the realm use them.",
    },
  },
  {
    id: "09-after-unbind",
    question:
      'The host unbinds the device, which goes on writing to the same address. The host\'s own domain maps the address. Where does the write go: "realm", "shared" or "nowhere"?',
    answer: "shared",
    why: "The interface left the state RUN, so its writes are not marked any more, and the host's table is looked at. It leads to the VMM's memory.",
    gaps: {
      nowhere:
        "It would, if the host had not given the device a domain of its own. A host that wants the data has done that before.",
      realm: "The Realm stream has no entry any more, and the device does not mark its writes.",
    },
  },
];
