# Short names for what manage.py does; nothing else lives here.
.PHONY: run test lint check

run:
	python3 manage.py up

test:
	python3 manage.py test

lint:
	python3 manage.py lint

check:
	.ci/run
