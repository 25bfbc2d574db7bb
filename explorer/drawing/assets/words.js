// What a person did, as told to Python: the last click of each kind.
class Words {
  constructor(tell) {
    Object.assign(this, { tell, did: {} });
  }

  // While Python is busy, Streamlit keeps only the last word of several: each repeats those before it.
  say(what, value) {
    const moment = Date.now();
    this.did[what] = { ...value, moment };
    this.tell("did", { ...this.did });
    return moment;
  }

  forget(what) {
    delete this.did[what];
  }
}
