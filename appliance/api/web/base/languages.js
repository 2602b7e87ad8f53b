// The languages of the page: one for each file of texts. `make generated` writes this.

export const LANGUAGES = ["de", "en", "fr"];
