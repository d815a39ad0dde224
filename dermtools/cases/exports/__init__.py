"""Where cases go to: tables, folders of pictures, data sets of other libraries, arrays; each with a card."""
